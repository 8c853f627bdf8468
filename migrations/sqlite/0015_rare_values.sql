-- Orders of a rare kind, place or currency are found by it instead of among all.
CREATE INDEX order_list_by_kind ON order_list (organization_id, kind, order_id);
CREATE INDEX order_list_by_place ON order_list (organization_id, place, order_id);
CREATE INDEX order_list_by_currency ON order_list (organization_id, currency, order_id);
