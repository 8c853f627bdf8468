-- Lists of what was made in some time are found by that time, and equipment by what its label says.
CREATE INDEX order_list_created ON order_list (organization_id, created_at, order_id);
CREATE INDEX equipment_by_code ON equipment (organization_id, code) WHERE code <> '';
