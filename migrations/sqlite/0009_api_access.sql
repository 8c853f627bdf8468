-- Tokens of other software; only the hash of the secret is kept.
CREATE TABLE api_tokens (
    organization_id BLOB NOT NULL,
    token_id BLOB NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    language TEXT NOT NULL,
    scopes TEXT NOT NULL,
    secret_hash BLOB NOT NULL,
    created_by BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    CONSTRAINT api_tokens_pkey PRIMARY KEY (organization_id, token_id)
);

-- Answers to requests that carried an Idempotency-Key; without a status the request is still under way.
CREATE TABLE idempotency_keys (
    organization_id BLOB NOT NULL,
    principal_id BLOB NOT NULL,
    name TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    claimed_at BIGINT NOT NULL,
    status BIGINT,
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (organization_id, principal_id, name)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (claimed_at);
