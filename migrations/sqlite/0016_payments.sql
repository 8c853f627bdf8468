-- What was received for an order, and whether that is all. Orders recorded no payments before.
ALTER TABLE order_summaries ADD COLUMN paid_minor BIGINT NOT NULL DEFAULT 0;
ALTER TABLE order_list ADD COLUMN is_paid BOOLEAN NOT NULL DEFAULT FALSE;
