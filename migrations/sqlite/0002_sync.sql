-- Orders, the changes they consist of, the feed of each scope, and the rows derived from orders.

-- The head of one order. `version` rises with everything stored for the order; `heads` are its newest change hashes,
-- sorted, one after the other. `save` is a cache: it covers the changes up to `save_position`.
CREATE TABLE orders (
    organization_id BLOB NOT NULL,
    order_id BLOB NOT NULL,
    version BIGINT NOT NULL,
    change_count BIGINT NOT NULL,
    digest_low BIGINT NOT NULL,
    digest_high BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    heads BLOB NOT NULL,
    save_position BIGINT NOT NULL,
    save BLOB NOT NULL,
    CONSTRAINT orders_pkey PRIMARY KEY (organization_id, order_id)
);

-- The truth: every accepted change, in an order in which they can be applied. `user_id` is absent where Campo itself
-- wrote, `device_id` where the change was made over REST.
CREATE TABLE changes (
    organization_id BLOB NOT NULL,
    order_id BLOB NOT NULL,
    position BIGINT NOT NULL,
    hash BLOB NOT NULL,
    actor BLOB NOT NULL,
    actor_seq BIGINT NOT NULL,
    user_id BLOB,
    device_id BLOB,
    received_at BIGINT NOT NULL,
    is_compensation BOOLEAN NOT NULL,
    bytes BLOB NOT NULL,
    CONSTRAINT changes_pkey PRIMARY KEY (organization_id, order_id, position),
    CONSTRAINT changes_hash_key UNIQUE (organization_id, order_id, hash),
    CONSTRAINT changes_actor_seq_key UNIQUE (organization_id, order_id, actor, actor_seq)
);

-- Whose pen an actor is, bound at first sight.
CREATE TABLE actors (
    organization_id BLOB NOT NULL,
    order_id BLOB NOT NULL,
    actor BLOB NOT NULL,
    user_id BLOB NOT NULL,
    device_id BLOB,
    bound_at BIGINT NOT NULL,
    CONSTRAINT actors_pkey PRIMARY KEY (organization_id, order_id, actor)
);

-- Durable, not merged: the office decides. `ordinal` keeps the order in which they came.
CREATE TABLE held_changes (
    organization_id BLOB NOT NULL,
    order_id BLOB NOT NULL,
    hash BLOB NOT NULL,
    reason TEXT NOT NULL,
    user_id BLOB NOT NULL,
    device_id BLOB,
    received_at BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    kept_until BIGINT NOT NULL,
    decision TEXT,
    decided_by BLOB,
    decided_at BIGINT,
    bytes BLOB NOT NULL,
    CONSTRAINT held_changes_pkey PRIMARY KEY (organization_id, order_id, hash)
);
CREATE INDEX held_changes_open ON held_changes (organization_id, decision, received_at, ordinal);

-- Never accepted in this form, kept as evidence. `content_hash` tells damaged copies of one change apart; only a final
-- refusal is given again for the same hash.
CREATE TABLE refused_changes (
    organization_id BLOB NOT NULL,
    order_id BLOB NOT NULL,
    hash BLOB NOT NULL,
    content_hash BLOB NOT NULL,
    code TEXT NOT NULL,
    path TEXT,
    is_final BOOLEAN NOT NULL,
    user_id BLOB NOT NULL,
    device_id BLOB,
    received_at BIGINT NOT NULL,
    kept_until BIGINT NOT NULL,
    bytes BLOB NOT NULL,
    CONSTRAINT refused_changes_pkey PRIMARY KEY (organization_id, order_id, hash, content_hash)
);

-- Orders whose changes made the software fail; from the third failure on they are left alone.
CREATE TABLE order_failures (
    organization_id BLOB NOT NULL,
    order_id BLOB NOT NULL,
    failures BIGINT NOT NULL,
    failed_at BIGINT NOT NULL,
    CONSTRAINT order_failures_pkey PRIMARY KEY (organization_id, order_id)
);

-- The counter row of a scope: the organization's office, or one technician. Updated last in every push.
CREATE TABLE scopes (
    organization_id BLOB NOT NULL,
    scope BLOB NOT NULL,
    head BIGINT NOT NULL,
    digest_low BIGINT NOT NULL,
    digest_high BIGINT NOT NULL,
    CONSTRAINT scopes_pkey PRIMARY KEY (organization_id, scope)
);

-- What happened in a scope: an order came, gained the changes from one position to another, or left.
CREATE TABLE feed (
    organization_id BLOB NOT NULL,
    scope BLOB NOT NULL,
    seq BIGINT NOT NULL,
    order_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    first_position BIGINT NOT NULL,
    last_position BIGINT NOT NULL,
    CONSTRAINT feed_pkey PRIMARY KEY (organization_id, scope, seq)
);
CREATE INDEX feed_by_order ON feed (organization_id, scope, order_id, seq);

CREATE TABLE order_numbers (
    organization_id BLOB NOT NULL,
    last_number BIGINT NOT NULL,
    CONSTRAINT order_numbers_pkey PRIMARY KEY (organization_id)
);

-- Who works on an order; also what a technician's scope consists of.
CREATE TABLE order_assignees (
    organization_id BLOB NOT NULL,
    order_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    crew_role TEXT NOT NULL,
    CONSTRAINT order_assignees_pkey PRIMARY KEY (organization_id, order_id, user_id)
);
CREATE INDEX order_assignees_by_user ON order_assignees (organization_id, user_id, order_id);

-- The projection: what lists, search and reports need of an order. Derived from its document, rebuildable.
-- `listed_at` is when the server first took a change of the order; it never moves, so that paging is stable.
CREATE TABLE order_summaries (
    organization_id BLOB NOT NULL,
    order_id BLOB NOT NULL,
    listed_at BIGINT NOT NULL,
    is_created BOOLEAN NOT NULL,
    number TEXT,
    kind TEXT,
    workflow TEXT NOT NULL,
    state TEXT NOT NULL,
    category TEXT NOT NULL,
    priority TEXT NOT NULL,
    reason TEXT,
    customer_id BLOB,
    draft_customer TEXT,
    site_id BLOB,
    window_start BIGINT,
    window_end BIGINT,
    promised BIGINT,
    currency TEXT,
    total_minor BIGINT,
    created_by BLOB,
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
