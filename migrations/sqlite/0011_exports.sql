-- What each person exported in each hour of the clock, in rows.
CREATE TABLE export_budgets (
    organization_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    hour BIGINT NOT NULL,
    row_count BIGINT NOT NULL,
    CONSTRAINT export_budgets_pkey PRIMARY KEY (organization_id, user_id, hour)
);

-- Secret addresses of calendars: of one person, or of one team. Only the hash of an address is kept.
CREATE TABLE calendar_feeds (
    organization_id BLOB NOT NULL,
    feed_id BLOB NOT NULL,
    user_id BLOB,
    team_id BLOB,
    token_hash BLOB NOT NULL,
    created_by BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    CONSTRAINT calendar_feeds_pkey PRIMARY KEY (organization_id, feed_id),
    CONSTRAINT calendar_feeds_token_key UNIQUE (token_hash)
);

-- Filter, sort and columns of a list under a name: a person's own, or everybody's.
CREATE TABLE saved_views (
    organization_id BLOB NOT NULL,
    view_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
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
