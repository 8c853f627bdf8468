-- The machines and devices of customers that orders are about.
CREATE TABLE equipment (
    organization_id BYTEA NOT NULL,
    id BYTEA NOT NULL,
    customer_id BYTEA NOT NULL,
    site_id BYTEA,
    parent_id BYTEA,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    manufacturer TEXT NOT NULL,
    model TEXT NOT NULL,
    serial TEXT NOT NULL,
    code TEXT NOT NULL,
    installed_on TEXT NOT NULL,
    notes TEXT NOT NULL,
    archived BOOLEAN NOT NULL,
    sort_name TEXT COLLATE "C" NOT NULL,
    search TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT equipment_pkey PRIMARY KEY (organization_id, id)
);
CREATE INDEX equipment_by_name ON equipment (organization_id, sort_name, id);
CREATE INDEX equipment_by_customer ON equipment (organization_id, customer_id, sort_name, id);

ALTER TABLE equipment ENABLE ROW LEVEL SECURITY;
ALTER TABLE equipment FORCE ROW LEVEL SECURITY;
CREATE POLICY equipment_organization ON equipment USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
