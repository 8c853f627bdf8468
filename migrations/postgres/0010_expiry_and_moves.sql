-- Which warnings about records that run out were raised.
CREATE TABLE record_alerts (
    organization_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    record_id BYTEA NOT NULL,
    due_on TEXT NOT NULL,
    days_before BIGINT NOT NULL,
    raised_at BIGINT NOT NULL,
    CONSTRAINT record_alerts_pkey PRIMARY KEY (organization_id, kind, record_id, due_on, days_before)
);

-- Where equipment was, whose it was and what it was a part of, from each version on.
CREATE TABLE equipment_moves (
    organization_id BYTEA NOT NULL,
    equipment_id BYTEA NOT NULL,
    version BIGINT NOT NULL,
    moved_at BIGINT NOT NULL,
    moved_by BYTEA,
    customer_id BYTEA NOT NULL,
    site_id BYTEA,
    parent_id BYTEA,
    CONSTRAINT equipment_moves_pkey PRIMARY KEY (organization_id, equipment_id, version)
);

ALTER TABLE record_alerts ENABLE ROW LEVEL SECURITY;
ALTER TABLE record_alerts FORCE ROW LEVEL SECURITY;
CREATE POLICY record_alerts_organization ON record_alerts USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);

ALTER TABLE equipment_moves ENABLE ROW LEVEL SECURITY;
ALTER TABLE equipment_moves FORCE ROW LEVEL SECURITY;
CREATE POLICY equipment_moves_organization ON equipment_moves USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
