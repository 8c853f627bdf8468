-- The office's records that are only ever read whole: teams, order kinds, workflows, templates and more, by kind.
CREATE TABLE records (
    organization_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    id BYTEA NOT NULL,
    archived BOOLEAN NOT NULL,
    sort_name TEXT COLLATE "C" NOT NULL,
    search TEXT NOT NULL,
    customer_id BYTEA,
    unique_key TEXT,
    due_on TEXT COLLATE "C",
    body TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT records_pkey PRIMARY KEY (organization_id, kind, id),
    CONSTRAINT records_unique_key_key UNIQUE (organization_id, kind, unique_key)
);
CREATE INDEX records_by_name ON records (organization_id, kind, sort_name, id);
CREATE INDEX records_by_customer ON records (organization_id, customer_id, kind) WHERE customer_id IS NOT NULL;
CREATE INDEX records_by_due_day ON records (organization_id, kind, due_on) WHERE due_on IS NOT NULL;

ALTER TABLE records ENABLE ROW LEVEL SECURITY;
ALTER TABLE records FORCE ROW LEVEL SECURITY;
CREATE POLICY records_organization ON records USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
