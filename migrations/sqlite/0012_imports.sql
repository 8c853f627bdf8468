-- A file somebody brought, what its columns mean, and how far it has come.
CREATE TABLE imports (
    organization_id BLOB NOT NULL,
    import_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    settings TEXT NOT NULL,
    progress TEXT NOT NULL,
    created_by BLOB NOT NULL,
    role TEXT NOT NULL,
    language TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT imports_pkey PRIMARY KEY (organization_id, import_id)
);

-- Rows that were not taken, and why.
CREATE TABLE import_refusals (
    organization_id BLOB NOT NULL,
    import_id BLOB NOT NULL,
    row_number BIGINT NOT NULL,
    field TEXT NOT NULL,
    problem TEXT NOT NULL,
    detail TEXT NOT NULL,
    CONSTRAINT import_refusals_pkey PRIMARY KEY (organization_id, import_id, row_number)
);

-- What other software calls a record that came from it.
CREATE TABLE import_keys (
    organization_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    external_id TEXT NOT NULL,
    record_id BLOB NOT NULL,
    CONSTRAINT import_keys_pkey PRIMARY KEY (organization_id, kind, external_id)
);
