-- Which warnings about records that run out were raised.
CREATE TABLE record_alerts (
    organization_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    record_id BLOB NOT NULL,
    due_on TEXT NOT NULL,
    days_before BIGINT NOT NULL,
    raised_at BIGINT NOT NULL,
    CONSTRAINT record_alerts_pkey PRIMARY KEY (organization_id, kind, record_id, due_on, days_before)
);

-- Where equipment was, whose it was and what it was a part of, from each version on.
CREATE TABLE equipment_moves (
    organization_id BLOB NOT NULL,
    equipment_id BLOB NOT NULL,
    version BIGINT NOT NULL,
    moved_at BIGINT NOT NULL,
    moved_by BLOB,
    customer_id BLOB NOT NULL,
    site_id BLOB,
    parent_id BLOB,
    CONSTRAINT equipment_moves_pkey PRIMARY KEY (organization_id, equipment_id, version)
);
