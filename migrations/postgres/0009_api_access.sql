-- Tokens of other software; only the hash of the secret is kept.
CREATE TABLE api_tokens (
    organization_id BYTEA NOT NULL,
    token_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    language TEXT NOT NULL,
    scopes TEXT NOT NULL,
    secret_hash BYTEA NOT NULL,
    created_by BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    CONSTRAINT api_tokens_pkey PRIMARY KEY (organization_id, token_id)
);

-- Answers to requests that carried an Idempotency-Key; without a status the request is still under way.
CREATE TABLE idempotency_keys (
    organization_id BYTEA NOT NULL,
    principal_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    request_hash BYTEA NOT NULL,
    claimed_at BIGINT NOT NULL,
    status BIGINT,
    headers TEXT NOT NULL,
    body BYTEA NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (organization_id, principal_id, name)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (claimed_at);

ALTER TABLE api_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY api_tokens_organization ON api_tokens USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);

ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY idempotency_keys_organization ON idempotency_keys USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
