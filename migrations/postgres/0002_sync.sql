-- Orders, the changes they consist of, the feed of each scope, and the rows derived from orders.

-- The head of one order. `version` rises with everything stored for the order; `heads` are its newest change hashes,
-- sorted, one after the other. `save` is a cache: it covers the changes up to `save_position`.
CREATE TABLE orders (
    organization_id BYTEA NOT NULL,
    order_id BYTEA NOT NULL,
    version BIGINT NOT NULL,
    change_count BIGINT NOT NULL,
    digest_low BIGINT NOT NULL,
    digest_high BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    heads BYTEA NOT NULL,
    save_position BIGINT NOT NULL,
    save BYTEA NOT NULL,
    CONSTRAINT orders_pkey PRIMARY KEY (organization_id, order_id)
);

-- The truth: every accepted change, in an order in which they can be applied. `user_id` is absent where Campo itself
-- wrote, `device_id` where the change was made over REST.
CREATE TABLE changes (
    organization_id BYTEA NOT NULL,
    order_id BYTEA NOT NULL,
    position BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    actor BYTEA NOT NULL,
    actor_seq BIGINT NOT NULL,
    user_id BYTEA,
    device_id BYTEA,
    received_at BIGINT NOT NULL,
    is_compensation BOOLEAN NOT NULL,
    bytes BYTEA NOT NULL,
    CONSTRAINT changes_pkey PRIMARY KEY (organization_id, order_id, position),
    CONSTRAINT changes_hash_key UNIQUE (organization_id, order_id, hash),
    CONSTRAINT changes_actor_seq_key UNIQUE (organization_id, order_id, actor, actor_seq)
);

-- Whose pen an actor is, bound at first sight.
CREATE TABLE actors (
    organization_id BYTEA NOT NULL,
    order_id BYTEA NOT NULL,
    actor BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    device_id BYTEA,
    bound_at BIGINT NOT NULL,
    CONSTRAINT actors_pkey PRIMARY KEY (organization_id, order_id, actor)
);

-- Durable, not merged: the office decides. `ordinal` keeps the order in which they came.
CREATE TABLE held_changes (
    organization_id BYTEA NOT NULL,
    order_id BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    reason TEXT NOT NULL,
    user_id BYTEA NOT NULL,
    device_id BYTEA,
    received_at BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    kept_until BIGINT NOT NULL,
    decision TEXT,
    decided_by BYTEA,
    decided_at BIGINT,
    bytes BYTEA NOT NULL,
    CONSTRAINT held_changes_pkey PRIMARY KEY (organization_id, order_id, hash)
);
CREATE INDEX held_changes_open ON held_changes (organization_id, decision, received_at, ordinal);

-- Never accepted in this form, kept as evidence. `content_hash` tells damaged copies of one change apart; only a final
-- refusal is given again for the same hash.
CREATE TABLE refused_changes (
    organization_id BYTEA NOT NULL,
    order_id BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    content_hash BYTEA NOT NULL,
    code TEXT NOT NULL,
    path TEXT,
    is_final BOOLEAN NOT NULL,
    user_id BYTEA NOT NULL,
    device_id BYTEA,
    received_at BIGINT NOT NULL,
    kept_until BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    CONSTRAINT refused_changes_pkey PRIMARY KEY (organization_id, order_id, hash, content_hash)
);

-- Orders whose changes made the software fail; from the third failure on they are left alone.
CREATE TABLE order_failures (
    organization_id BYTEA NOT NULL,
    order_id BYTEA NOT NULL,
    failures BIGINT NOT NULL,
    failed_at BIGINT NOT NULL,
    CONSTRAINT order_failures_pkey PRIMARY KEY (organization_id, order_id)
);

-- The counter row of a scope: the organization's office, or one technician. Updated last in every push.
CREATE TABLE scopes (
    organization_id BYTEA NOT NULL,
    scope BYTEA NOT NULL,
    head BIGINT NOT NULL,
    digest_low BIGINT NOT NULL,
    digest_high BIGINT NOT NULL,
    CONSTRAINT scopes_pkey PRIMARY KEY (organization_id, scope)
);

-- What happened in a scope: an order came, gained the changes from one position to another, or left.
CREATE TABLE feed (
    organization_id BYTEA NOT NULL,
    scope BYTEA NOT NULL,
    seq BIGINT NOT NULL,
    order_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    first_position BIGINT NOT NULL,
    last_position BIGINT NOT NULL,
    CONSTRAINT feed_pkey PRIMARY KEY (organization_id, scope, seq)
);
CREATE INDEX feed_by_order ON feed (organization_id, scope, order_id, seq);

CREATE TABLE order_numbers (
    organization_id BYTEA NOT NULL,
    last_number BIGINT NOT NULL,
    CONSTRAINT order_numbers_pkey PRIMARY KEY (organization_id)
);

-- Who works on an order; also what a technician's scope consists of.
CREATE TABLE order_assignees (
    organization_id BYTEA NOT NULL,
    order_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    crew_role TEXT NOT NULL,
    CONSTRAINT order_assignees_pkey PRIMARY KEY (organization_id, order_id, user_id)
);
CREATE INDEX order_assignees_by_user ON order_assignees (organization_id, user_id, order_id);

-- The projection: what lists, search and reports need of an order. Derived from its document, rebuildable.
-- `listed_at` is when the server first took a change of the order; it never moves, so that paging is stable.
CREATE TABLE order_summaries (
    organization_id BYTEA NOT NULL,
    order_id BYTEA NOT NULL,
    listed_at BIGINT NOT NULL,
    is_created BOOLEAN NOT NULL,
    number TEXT,
    kind TEXT,
    workflow TEXT NOT NULL,
    state TEXT NOT NULL,
    category TEXT NOT NULL,
    priority TEXT NOT NULL,
    reason TEXT,
    customer_id BYTEA,
    draft_customer TEXT,
    site_id BYTEA,
    window_start BIGINT,
    window_end BIGINT,
    promised BIGINT,
    currency TEXT,
    total_minor BIGINT,
    created_by BYTEA,
    created_at BIGINT,
    attention_count BIGINT NOT NULL,
    conflict_count BIGINT NOT NULL,
    running_visit_count BIGINT NOT NULL,
    line_count BIGINT NOT NULL,
    note_count BIGINT NOT NULL,
    photo_count BIGINT NOT NULL,
    expense_count BIGINT NOT NULL,
    is_signed BOOLEAN NOT NULL,
    search TEXT NOT NULL,
    CONSTRAINT order_summaries_pkey PRIMARY KEY (organization_id, order_id)
);
CREATE INDEX order_summaries_listed ON order_summaries (organization_id, listed_at, order_id);
CREATE INDEX order_summaries_by_state ON order_summaries (organization_id, category, listed_at, order_id);
CREATE INDEX order_summaries_by_customer ON order_summaries (organization_id, customer_id, listed_at, order_id);

ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
ALTER TABLE orders FORCE ROW LEVEL SECURITY;
CREATE POLICY orders_organization ON orders USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE changes FORCE ROW LEVEL SECURITY;
CREATE POLICY changes_organization ON changes USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE actors ENABLE ROW LEVEL SECURITY;
ALTER TABLE actors FORCE ROW LEVEL SECURITY;
CREATE POLICY actors_organization ON actors USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE held_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE held_changes FORCE ROW LEVEL SECURITY;
CREATE POLICY held_changes_organization ON held_changes USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE refused_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE refused_changes FORCE ROW LEVEL SECURITY;
CREATE POLICY refused_changes_organization ON refused_changes USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE order_failures ENABLE ROW LEVEL SECURITY;
ALTER TABLE order_failures FORCE ROW LEVEL SECURITY;
CREATE POLICY order_failures_organization ON order_failures USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE scopes ENABLE ROW LEVEL SECURITY;
ALTER TABLE scopes FORCE ROW LEVEL SECURITY;
CREATE POLICY scopes_organization ON scopes USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE feed ENABLE ROW LEVEL SECURITY;
ALTER TABLE feed FORCE ROW LEVEL SECURITY;
CREATE POLICY feed_organization ON feed USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE order_numbers ENABLE ROW LEVEL SECURITY;
ALTER TABLE order_numbers FORCE ROW LEVEL SECURITY;
CREATE POLICY order_numbers_organization ON order_numbers USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE order_assignees ENABLE ROW LEVEL SECURITY;
ALTER TABLE order_assignees FORCE ROW LEVEL SECURITY;
CREATE POLICY order_assignees_organization ON order_assignees USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE order_summaries ENABLE ROW LEVEL SECURITY;
ALTER TABLE order_summaries FORCE ROW LEVEL SECURITY;
CREATE POLICY order_summaries_organization ON order_summaries USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
