-- Rows of lists are read in the order of their columns: what is filtered by without an index of its own comes first, because a
-- look through all orders spends most of its time on the way to a column. Orders in a rare state, and orders whose window
-- touches a day, are found by an index: such a window begins at most a week before the day, or it is one of the long ones.
ALTER TABLE order_list RENAME TO order_list_before;
ALTER INDEX order_list_pkey RENAME TO order_list_before_pkey;
CREATE TABLE order_list (
    organization_id BYTEA NOT NULL,
    order_id BYTEA NOT NULL,
    sort_status BIGINT NOT NULL,
    assignee_count BIGINT NOT NULL,
    attention_count BIGINT NOT NULL,
    is_paid BOOLEAN NOT NULL DEFAULT FALSE,
    sort_window BIGINT NOT NULL,
    window_end BIGINT NOT NULL,
    sort_promised BIGINT NOT NULL,
    listed_at BIGINT NOT NULL,
    sort_priority BIGINT NOT NULL,
    sort_number BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    status_since BIGINT NOT NULL,
    state TEXT NOT NULL,
    kind TEXT NOT NULL,
    place TEXT NOT NULL,
    currency TEXT NOT NULL,
    customer_id BYTEA,
    site_id BYTEA,
    sort_customer TEXT COLLATE "C" NOT NULL,
    CONSTRAINT order_list_pkey PRIMARY KEY (organization_id, order_id)
);
INSERT INTO order_list (organization_id, order_id, sort_status, assignee_count, attention_count, is_paid, sort_window, window_end,
    sort_promised, listed_at, sort_priority, sort_number, created_at, status_since, state, kind, place, currency, customer_id,
    site_id, sort_customer)
SELECT organization_id, order_id, sort_status, assignee_count, attention_count, is_paid, sort_window, window_end,
    sort_promised, listed_at, sort_priority, sort_number, created_at, status_since, state, kind, place, currency, customer_id,
    site_id, sort_customer
FROM order_list_before;
DROP TABLE order_list_before;

CREATE INDEX order_list_listed ON order_list (organization_id, listed_at, order_id);
CREATE INDEX order_list_number ON order_list (organization_id, sort_number, order_id);
CREATE INDEX order_list_priority ON order_list (organization_id, sort_priority, order_id);
CREATE INDEX order_list_status ON order_list (organization_id, sort_status, order_id);
CREATE INDEX order_list_window ON order_list (organization_id, sort_window, order_id);
CREATE INDEX order_list_promised ON order_list (organization_id, sort_promised, order_id);
CREATE INDEX order_list_customer ON order_list (organization_id, sort_customer, order_id);
CREATE INDEX order_list_created ON order_list (organization_id, created_at, order_id);
CREATE INDEX order_list_since ON order_list (organization_id, status_since);
CREATE INDEX order_list_by_customer ON order_list (organization_id, customer_id, order_id);
CREATE INDEX order_list_by_site ON order_list (organization_id, site_id, order_id);
CREATE INDEX order_list_by_kind ON order_list (organization_id, kind, order_id);
CREATE INDEX order_list_by_place ON order_list (organization_id, place, order_id);
CREATE INDEX order_list_by_currency ON order_list (organization_id, currency, order_id);
CREATE INDEX order_list_by_state ON order_list (organization_id, state, order_id);
CREATE INDEX order_list_attention ON order_list (organization_id, attention_count, order_id) WHERE attention_count > 0;
CREATE INDEX order_list_unassigned ON order_list (organization_id, assignee_count, order_id) WHERE assignee_count = 0;
CREATE INDEX order_list_long_window ON order_list (organization_id, sort_window, order_id, window_end)
    WHERE window_end - sort_window > 604800000;

ALTER TABLE order_list ENABLE ROW LEVEL SECURITY;
ALTER TABLE order_list FORCE ROW LEVEL SECURITY;
CREATE POLICY order_list_organization ON order_list USING (
    organization_id = (SELECT decode(current_setting('campo.organization', true), 'hex'))
    OR (SELECT current_setting('campo.system', true)) = 'on'
);
