-- What order lists sort by and filter by, apart from what they show: narrow rows that are cheap to look through.
-- Derived from the orders and rebuildable. A date that is missing stands far in the future; `sort_priority` and
-- `sort_status` carry the rank above the time of listing, so that one index gives one order.
CREATE TABLE order_list (
    organization_id BLOB NOT NULL,
    order_id BLOB NOT NULL,
    listed_at BIGINT NOT NULL,
    sort_number BIGINT NOT NULL,
    sort_priority BIGINT NOT NULL,
    sort_status BIGINT NOT NULL,
    sort_window BIGINT NOT NULL,
    sort_promised BIGINT NOT NULL,
    sort_customer TEXT NOT NULL,
    window_end BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    status_since BIGINT NOT NULL,
    attention_count BIGINT NOT NULL,
    assignee_count BIGINT NOT NULL,
    customer_id BLOB,
    site_id BLOB,
    state TEXT NOT NULL,
    kind TEXT NOT NULL,
    place TEXT NOT NULL,
    currency TEXT NOT NULL,
    CONSTRAINT order_list_pkey PRIMARY KEY (organization_id, order_id)
) WITHOUT ROWID;
CREATE INDEX order_list_listed ON order_list (organization_id, listed_at, order_id);
CREATE INDEX order_list_number ON order_list (organization_id, sort_number, order_id);
CREATE INDEX order_list_priority ON order_list (organization_id, sort_priority, order_id);
CREATE INDEX order_list_status ON order_list (organization_id, sort_status, order_id);
CREATE INDEX order_list_window ON order_list (organization_id, sort_window, order_id);
CREATE INDEX order_list_promised ON order_list (organization_id, sort_promised, order_id);
CREATE INDEX order_list_customer ON order_list (organization_id, sort_customer, order_id);
CREATE INDEX order_list_by_customer ON order_list (organization_id, customer_id, order_id);
CREATE INDEX order_list_by_site ON order_list (organization_id, site_id, order_id);
CREATE INDEX order_list_since ON order_list (organization_id, status_since);
CREATE INDEX order_list_attention ON order_list (organization_id, order_id) WHERE attention_count > 0;

-- Which folded words an order is found by; those of its customer, site and equipment are in `record_words`, so that
-- renaming a customer does not touch the customer's orders.
CREATE TABLE order_words (
    organization_id BLOB NOT NULL,
    word TEXT NOT NULL,
    order_id BLOB NOT NULL,
    CONSTRAINT order_words_pkey PRIMARY KEY (organization_id, word, order_id)
) WITHOUT ROWID;

CREATE TABLE record_words (
    organization_id BLOB NOT NULL,
    word TEXT NOT NULL,
    kind TEXT NOT NULL,
    id BLOB NOT NULL,
    CONSTRAINT record_words_pkey PRIMARY KEY (organization_id, word, kind, id)
) WITHOUT ROWID;
CREATE INDEX record_words_by_record ON record_words (organization_id, kind, id, word);

-- Which equipment an order is about.
CREATE TABLE order_equipment (
    organization_id BLOB NOT NULL,
    order_id BLOB NOT NULL,
    equipment_id BLOB NOT NULL,
    CONSTRAINT order_equipment_pkey PRIMARY KEY (organization_id, order_id, equipment_id)
) WITHOUT ROWID;
CREATE INDEX order_equipment_by_equipment ON order_equipment (organization_id, equipment_id, order_id);

ALTER TABLE order_summaries ADD COLUMN place TEXT NOT NULL DEFAULT 'on_site';
ALTER TABLE order_summaries ADD COLUMN status_since BIGINT;
ALTER TABLE order_summaries ADD COLUMN equipment TEXT NOT NULL DEFAULT '';
DROP INDEX order_summaries_listed;
DROP INDEX order_summaries_by_state;
DROP INDEX order_summaries_by_customer;
