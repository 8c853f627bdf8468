-- Organizations, people, devices, sessions, audit, jobs and reference data.

CREATE TABLE organizations (
    organization_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    legal_name TEXT NOT NULL,
    tax_id TEXT NOT NULL,
    tax_id_kind TEXT NOT NULL,
    language TEXT NOT NULL,
    currency TEXT NOT NULL,
    zone TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT organizations_pkey PRIMARY KEY (organization_id)
);

CREATE TABLE users (
    organization_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    email TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    language TEXT NOT NULL,
    phone TEXT NOT NULL,
    password_hash TEXT,
    disabled_at BIGINT,
    sort_name TEXT COLLATE "C" NOT NULL,
    search TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (organization_id, user_id),
    CONSTRAINT users_email_key UNIQUE (organization_id, email)
);
CREATE INDEX users_by_email ON users (email);
CREATE INDEX users_by_name ON users (organization_id, sort_name, user_id);

CREATE TABLE devices (
    organization_id BYTEA NOT NULL,
    device_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    platform TEXT NOT NULL,
    public_key BYTEA NOT NULL,
    enrolled_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    revoked_at BIGINT,
    CONSTRAINT devices_pkey PRIMARY KEY (organization_id, device_id),
    CONSTRAINT devices_device_id_key UNIQUE (device_id)
);
CREATE INDEX devices_by_user ON devices (organization_id, user_id);

-- A session: one sign-in and the refresh tokens that descend from it.
CREATE TABLE refresh_families (
    organization_id BYTEA NOT NULL,
    family_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    device_id BYTEA,
    grace_hash BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_reason TEXT,
    CONSTRAINT refresh_families_pkey PRIMARY KEY (organization_id, family_id)
);
CREATE INDEX refresh_families_by_user ON refresh_families (organization_id, user_id);
CREATE INDEX refresh_families_by_revocation ON refresh_families (revoked_at);

CREATE TABLE refresh_tokens (
    organization_id BYTEA NOT NULL,
    family_id BYTEA NOT NULL,
    token_hash BYTEA NOT NULL,
    parent_hash BYTEA NOT NULL,
    issued_at BIGINT NOT NULL,
    CONSTRAINT refresh_tokens_pkey PRIMARY KEY (organization_id, family_id, token_hash)
);

CREATE TABLE audit (
    organization_id BYTEA NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    user_id BYTEA,
    device_id BYTEA,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    details TEXT NOT NULL,
    previous_hash BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT audit_pkey PRIMARY KEY (organization_id, seq)
);

CREATE TABLE audit_heads (
    organization_id BYTEA NOT NULL,
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT audit_heads_pkey PRIMARY KEY (organization_id)
);

CREATE TABLE jobs (
    organization_id BYTEA NOT NULL,
    job_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    cause TEXT NOT NULL,
    state TEXT NOT NULL,
    run_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    last_error TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT jobs_pkey PRIMARY KEY (organization_id, job_id),
    CONSTRAINT jobs_cause_key UNIQUE (organization_id, kind, cause)
);
CREATE INDEX jobs_due ON jobs (state, run_at);

-- What phones hold of the office's data, each row at its last position in the organization's sequence.
CREATE TABLE reference_heads (
    organization_id BYTEA NOT NULL,
    head BIGINT NOT NULL,
    CONSTRAINT reference_heads_pkey PRIMARY KEY (organization_id)
);

CREATE TABLE reference_rows (
    organization_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    id BYTEA NOT NULL,
    seq BIGINT NOT NULL,
    body TEXT NOT NULL,
    deleted BOOLEAN NOT NULL,
    CONSTRAINT reference_rows_pkey PRIMARY KEY (organization_id, kind, id),
    CONSTRAINT reference_rows_seq_key UNIQUE (organization_id, seq)
);

CREATE TABLE customers (
    organization_id BYTEA NOT NULL,
    id BYTEA NOT NULL,
    name TEXT NOT NULL,
    legal_name TEXT NOT NULL,
    tax_id TEXT NOT NULL,
    tax_id_kind TEXT NOT NULL,
    vat_registered BOOLEAN NOT NULL,
    email TEXT COLLATE "C" NOT NULL,
    phone TEXT NOT NULL,
    language TEXT NOT NULL,
    notes TEXT NOT NULL,
    external_id TEXT NOT NULL,
    archived BOOLEAN NOT NULL,
    sort_name TEXT COLLATE "C" NOT NULL,
    search TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT customers_pkey PRIMARY KEY (organization_id, id)
);
CREATE INDEX customers_by_name ON customers (organization_id, sort_name, id);

CREATE TABLE contacts (
    organization_id BYTEA NOT NULL,
    id BYTEA NOT NULL,
    customer_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    position TEXT NOT NULL,
    email TEXT COLLATE "C" NOT NULL,
    phone TEXT NOT NULL,
    language TEXT NOT NULL,
    archived BOOLEAN NOT NULL,
    sort_name TEXT COLLATE "C" NOT NULL,
    search TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT contacts_pkey PRIMARY KEY (organization_id, id)
);
CREATE INDEX contacts_by_name ON contacts (organization_id, sort_name, id);
CREATE INDEX contacts_by_customer ON contacts (organization_id, customer_id, sort_name, id);

-- Coordinates are integers in 1e-7 degrees.
CREATE TABLE sites (
    organization_id BYTEA NOT NULL,
    id BYTEA NOT NULL,
    customer_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    street TEXT NOT NULL,
    number TEXT NOT NULL,
    complement TEXT NOT NULL,
    district TEXT NOT NULL,
    city TEXT NOT NULL,
    region TEXT NOT NULL,
    postal_code TEXT COLLATE "C" NOT NULL,
    country TEXT NOT NULL,
    instructions TEXT NOT NULL,
    latitude_e7 BIGINT,
    longitude_e7 BIGINT,
    archived BOOLEAN NOT NULL,
    sort_name TEXT COLLATE "C" NOT NULL,
    search TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT sites_pkey PRIMARY KEY (organization_id, id)
);
CREATE INDEX sites_by_name ON sites (organization_id, sort_name, id);
CREATE INDEX sites_by_customer ON sites (organization_id, customer_id, sort_name, id);

CREATE TABLE catalogue_items (
    organization_id BYTEA NOT NULL,
    id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    names TEXT NOT NULL,
    unit TEXT NOT NULL,
    price_minor BIGINT NOT NULL,
    barcode TEXT COLLATE "C" NOT NULL,
    archived BOOLEAN NOT NULL,
    sort_name TEXT COLLATE "C" NOT NULL,
    search TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT catalogue_items_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT catalogue_items_code_key UNIQUE (organization_id, code)
);
CREATE INDEX catalogue_items_by_name ON catalogue_items (organization_id, sort_name, id);

-- Of the installation, not of one organization: its identity, its token keys, its first-run link, its failed sign-ins.
CREATE TABLE server_settings (
    name TEXT NOT NULL,
    value BYTEA NOT NULL,
    CONSTRAINT server_settings_pkey PRIMARY KEY (name)
);

CREATE TABLE signing_keys (
    key_id TEXT NOT NULL,
    private_key BYTEA NOT NULL,
    public_key BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT signing_keys_pkey PRIMARY KEY (key_id)
);

CREATE TABLE setup (
    token_hash BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    CONSTRAINT setup_pkey PRIMARY KEY (token_hash)
);

CREATE TABLE sign_in_failures (
    email_hash BYTEA NOT NULL,
    failures BIGINT NOT NULL,
    failed_at BIGINT NOT NULL,
    CONSTRAINT sign_in_failures_pkey PRIMARY KEY (email_hash)
);

-- Rows of another organization do not exist for a transaction, whatever the statement says. The few paths that
-- cross organizations (sign-in, the job worker) say so with campo.system, inside their own transaction.
ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE organizations FORCE ROW LEVEL SECURITY;
CREATE POLICY organizations_organization ON organizations USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
CREATE POLICY users_organization ON users USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE devices ENABLE ROW LEVEL SECURITY;
ALTER TABLE devices FORCE ROW LEVEL SECURITY;
CREATE POLICY devices_organization ON devices USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE refresh_families ENABLE ROW LEVEL SECURITY;
ALTER TABLE refresh_families FORCE ROW LEVEL SECURITY;
CREATE POLICY refresh_families_organization ON refresh_families USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE refresh_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE refresh_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY refresh_tokens_organization ON refresh_tokens USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_organization ON audit USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE audit_heads ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_heads FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_heads_organization ON audit_heads USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE jobs FORCE ROW LEVEL SECURITY;
CREATE POLICY jobs_organization ON jobs USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE reference_heads ENABLE ROW LEVEL SECURITY;
ALTER TABLE reference_heads FORCE ROW LEVEL SECURITY;
CREATE POLICY reference_heads_organization ON reference_heads USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE reference_rows ENABLE ROW LEVEL SECURITY;
ALTER TABLE reference_rows FORCE ROW LEVEL SECURITY;
CREATE POLICY reference_rows_organization ON reference_rows USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
ALTER TABLE customers FORCE ROW LEVEL SECURITY;
CREATE POLICY customers_organization ON customers USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE contacts ENABLE ROW LEVEL SECURITY;
ALTER TABLE contacts FORCE ROW LEVEL SECURITY;
CREATE POLICY contacts_organization ON contacts USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE sites ENABLE ROW LEVEL SECURITY;
ALTER TABLE sites FORCE ROW LEVEL SECURITY;
CREATE POLICY sites_organization ON sites USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE catalogue_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalogue_items FORCE ROW LEVEL SECURITY;
CREATE POLICY catalogue_items_organization ON catalogue_items USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
