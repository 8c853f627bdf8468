-- A file somebody brought, what its columns mean, and how far it has come.
CREATE TABLE imports (
    organization_id BYTEA NOT NULL,
    import_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    settings TEXT NOT NULL,
    progress TEXT NOT NULL,
    created_by BYTEA NOT NULL,
    role TEXT NOT NULL,
    language TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT imports_pkey PRIMARY KEY (organization_id, import_id)
);

-- Rows that were not taken, and why.
CREATE TABLE import_refusals (
    organization_id BYTEA NOT NULL,
    import_id BYTEA NOT NULL,
    row_number BIGINT NOT NULL,
    field TEXT NOT NULL,
    problem TEXT NOT NULL,
    detail TEXT NOT NULL,
    CONSTRAINT import_refusals_pkey PRIMARY KEY (organization_id, import_id, row_number)
);

-- What other software calls a record that came from it.
CREATE TABLE import_keys (
    organization_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    external_id TEXT NOT NULL,
    record_id BYTEA NOT NULL,
    CONSTRAINT import_keys_pkey PRIMARY KEY (organization_id, kind, external_id)
);

ALTER TABLE imports ENABLE ROW LEVEL SECURITY;
ALTER TABLE imports FORCE ROW LEVEL SECURITY;
CREATE POLICY imports_organization ON imports USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);

ALTER TABLE import_refusals ENABLE ROW LEVEL SECURITY;
ALTER TABLE import_refusals FORCE ROW LEVEL SECURITY;
CREATE POLICY import_refusals_organization ON import_refusals USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);

ALTER TABLE import_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE import_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY import_keys_organization ON import_keys USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
