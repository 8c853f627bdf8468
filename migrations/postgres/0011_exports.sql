-- What each person exported in each hour of the clock, in rows.
CREATE TABLE export_budgets (
    organization_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    hour BIGINT NOT NULL,
    row_count BIGINT NOT NULL,
    CONSTRAINT export_budgets_pkey PRIMARY KEY (organization_id, user_id, hour)
);

-- Secret addresses of calendars: of one person, or of one team. Only the hash of an address is kept.
CREATE TABLE calendar_feeds (
    organization_id BYTEA NOT NULL,
    feed_id BYTEA NOT NULL,
    user_id BYTEA,
    team_id BYTEA,
    token_hash BYTEA NOT NULL,
    created_by BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    CONSTRAINT calendar_feeds_pkey PRIMARY KEY (organization_id, feed_id),
    CONSTRAINT calendar_feeds_token_key UNIQUE (token_hash)
);

-- Filter, sort and columns of a list under a name: a person's own, or everybody's.
CREATE TABLE saved_views (
    organization_id BYTEA NOT NULL,
    view_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    is_shared BOOLEAN NOT NULL,
    name TEXT NOT NULL,
    filter TEXT NOT NULL,
    sort TEXT NOT NULL,
    columns TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT saved_views_pkey PRIMARY KEY (organization_id, view_id)
);

ALTER TABLE export_budgets ENABLE ROW LEVEL SECURITY;
ALTER TABLE export_budgets FORCE ROW LEVEL SECURITY;
CREATE POLICY export_budgets_organization ON export_budgets USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);

ALTER TABLE calendar_feeds ENABLE ROW LEVEL SECURITY;
ALTER TABLE calendar_feeds FORCE ROW LEVEL SECURITY;
CREATE POLICY calendar_feeds_organization ON calendar_feeds USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);

ALTER TABLE saved_views ENABLE ROW LEVEL SECURITY;
ALTER TABLE saved_views FORCE ROW LEVEL SECURITY;
CREATE POLICY saved_views_organization ON saved_views USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
