-- The machines and devices of customers that orders are about.
CREATE TABLE equipment (
    organization_id BLOB NOT NULL,
    id BLOB NOT NULL,
    customer_id BLOB NOT NULL,
    site_id BLOB,
    parent_id BLOB,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    manufacturer TEXT NOT NULL,
    model TEXT NOT NULL,
    serial TEXT NOT NULL,
    code TEXT NOT NULL,
    installed_on TEXT NOT NULL,
    notes TEXT NOT NULL,
    archived BOOLEAN NOT NULL,
    sort_name TEXT NOT NULL,
    search TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT equipment_pkey PRIMARY KEY (organization_id, id)
);
CREATE INDEX equipment_by_name ON equipment (organization_id, sort_name, id);
CREATE INDEX equipment_by_customer ON equipment (organization_id, customer_id, sort_name, id);
