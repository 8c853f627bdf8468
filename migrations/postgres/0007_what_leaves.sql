-- What leaves the server: who listens to events, webhooks and their deliveries, notifications, messages.

-- One row per organization: grows whenever a webhook or a setting changes, so that a push knows by one number whether
-- anybody listens.
CREATE TABLE listeners (
    organization_id BYTEA NOT NULL,
    version BIGINT NOT NULL,
    settings TEXT NOT NULL,
    settings_version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT listeners_pkey PRIMARY KEY (organization_id)
);

CREATE TABLE webhooks (
    organization_id BYTEA NOT NULL,
    webhook_id BYTEA NOT NULL,
    url TEXT NOT NULL,
    description TEXT NOT NULL,
    event_types TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    disabled_because TEXT NOT NULL,
    secret TEXT NOT NULL,
    old_secret TEXT NOT NULL,
    old_secret_until BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT webhooks_pkey PRIMARY KEY (organization_id, webhook_id)
);

CREATE TABLE webhook_deliveries (
    organization_id BYTEA NOT NULL,
    webhook_id BYTEA NOT NULL,
    delivery_id BYTEA NOT NULL,
    message_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    attempted_at BIGINT,
    status BIGINT,
    cause TEXT NOT NULL,
    duration_ms BIGINT,
    response TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (organization_id, webhook_id, delivery_id),
    CONSTRAINT webhook_deliveries_message_key UNIQUE (organization_id, webhook_id, message_id)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (organization_id, webhook_id, state, next_at);
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (created_at);

-- What one person finds in the inbox.
CREATE TABLE notifications (
    organization_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    notification_id BYTEA NOT NULL,
    event TEXT NOT NULL,
    cause TEXT NOT NULL,
    order_id BYTEA,
    facts TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    read_at BIGINT,
    CONSTRAINT notifications_pkey PRIMARY KEY (organization_id, user_id, notification_id),
    CONSTRAINT notifications_cause_key UNIQUE (organization_id, user_id, event, cause)
);
CREATE INDEX notifications_by_age ON notifications (organization_id, user_id, created_at, notification_id);

-- What one person does not want to hear.
CREATE TABLE notification_preferences (
    organization_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    turned_off TEXT NOT NULL,
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT notification_preferences_pkey PRIMARY KEY (organization_id, user_id)
);

-- Mails to people, and links that were opened to write to them: the log of both, and the queue of the first.
CREATE TABLE messages (
    organization_id BYTEA NOT NULL,
    message_id BYTEA NOT NULL,
    channel TEXT NOT NULL,
    event TEXT NOT NULL,
    cause TEXT NOT NULL,
    order_id BYTEA,
    customer_id BYTEA,
    user_id BYTEA,
    address TEXT NOT NULL,
    language TEXT NOT NULL,
    facts TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT messages_pkey PRIMARY KEY (organization_id, message_id),
    CONSTRAINT messages_cause_key UNIQUE (organization_id, channel, event, cause, address)
);
CREATE INDEX messages_by_order ON messages (organization_id, order_id, created_at);
CREATE INDEX messages_by_customer ON messages (organization_id, customer_id, created_at);

-- Addresses that asked for no more mail, by their hash.
CREATE TABLE mail_opt_outs (
    organization_id BYTEA NOT NULL,
    address_hash BYTEA NOT NULL,
    opted_out_at BIGINT NOT NULL,
    CONSTRAINT mail_opt_outs_pkey PRIMARY KEY (organization_id, address_hash)
);

-- Jobs of one lane wait for each other and for no other lane.
ALTER TABLE jobs ADD COLUMN lane TEXT NOT NULL DEFAULT 'house';
CREATE INDEX jobs_by_lane ON jobs (lane, state, run_at);
CREATE INDEX jobs_by_organization ON jobs (organization_id, state, run_at);

ALTER TABLE listeners ENABLE ROW LEVEL SECURITY;
ALTER TABLE listeners FORCE ROW LEVEL SECURITY;
CREATE POLICY listeners_organization ON listeners USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);

ALTER TABLE webhooks ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhooks FORCE ROW LEVEL SECURITY;
CREATE POLICY webhooks_organization ON webhooks USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);

ALTER TABLE webhook_deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_deliveries FORCE ROW LEVEL SECURITY;
CREATE POLICY webhook_deliveries_organization ON webhook_deliveries USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);

ALTER TABLE notifications ENABLE ROW LEVEL SECURITY;
ALTER TABLE notifications FORCE ROW LEVEL SECURITY;
CREATE POLICY notifications_organization ON notifications USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);

ALTER TABLE notification_preferences ENABLE ROW LEVEL SECURITY;
ALTER TABLE notification_preferences FORCE ROW LEVEL SECURITY;
CREATE POLICY notification_preferences_organization ON notification_preferences USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);

ALTER TABLE messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE messages FORCE ROW LEVEL SECURITY;
CREATE POLICY messages_organization ON messages USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);

ALTER TABLE mail_opt_outs ENABLE ROW LEVEL SECURITY;
ALTER TABLE mail_opt_outs FORCE ROW LEVEL SECURITY;
CREATE POLICY mail_opt_outs_organization ON mail_opt_outs USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);

-- Organizations that are here already listen as new ones do.
SELECT set_config('campo.system', 'on', true);
INSERT INTO listeners (organization_id, version, settings, settings_version, updated_at)
    SELECT organization_id, 1, '', 1, updated_at FROM organizations;
