-- Photos, strokes and other bytes that orders refer to: uploads on their way, what arrived, who refers to it.

-- One resumable upload. `offset_bytes` is what is stored for good; a writer holds `fence`, and a newer one takes a
-- higher one. `state` is open, complete, refused (then `refusal` is the code) or ended.
CREATE TABLE uploads (
    organization_id BYTEA NOT NULL,
    upload_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    device_id BYTEA,
    sha256 BYTEA NOT NULL,
    size_bytes BIGINT NOT NULL,
    offset_bytes BIGINT NOT NULL,
    state TEXT NOT NULL,
    refusal TEXT NOT NULL,
    fence BIGINT NOT NULL,
    leased_until BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    CONSTRAINT uploads_pkey PRIMARY KEY (organization_id, upload_id)
);
CREATE INDEX uploads_by_expiry ON uploads (state, expires_at);
CREATE INDEX uploads_by_content ON uploads (organization_id, sha256);

-- The stored pieces of an open upload, one after the other from `start_offset`; each writer has its own.
CREATE TABLE upload_parts (
    organization_id BYTEA NOT NULL,
    upload_id BYTEA NOT NULL,
    start_offset BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    size_bytes BIGINT NOT NULL,
    CONSTRAINT upload_parts_pkey PRIMARY KEY (organization_id, upload_id, start_offset)
);

-- What arrived whole, once for each organization. `state` is stored, or missing when its bytes were lost; `image_state`
-- is none (not an image), pending, ready or unprocessable.
CREATE TABLE blobs (
    organization_id BYTEA NOT NULL,
    sha256 BYTEA NOT NULL,
    size_bytes BIGINT NOT NULL,
    media_type TEXT NOT NULL,
    state TEXT NOT NULL,
    image_state TEXT NOT NULL,
    user_id BYTEA NOT NULL,
    device_id BYTEA,
    received_at BIGINT NOT NULL,
    CONSTRAINT blobs_pkey PRIMARY KEY (organization_id, sha256)
);

-- Which orders refer to which blobs, arrived or not. Derived from their documents, rebuildable.
CREATE TABLE order_blobs (
    organization_id BYTEA NOT NULL,
    order_id BYTEA NOT NULL,
    sha256 BYTEA NOT NULL,
    referred_at BIGINT NOT NULL,
    CONSTRAINT order_blobs_pkey PRIMARY KEY (organization_id, order_id, sha256)
);
CREATE INDEX order_blobs_by_content ON order_blobs (organization_id, sha256);

-- Bytes stored or promised, by the user who brought them; the row of user zero is the whole organization.
CREATE TABLE storage_use (
    organization_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    used_bytes BIGINT NOT NULL,
    CONSTRAINT storage_use_pkey PRIMARY KEY (organization_id, user_id)
);

ALTER TABLE uploads ENABLE ROW LEVEL SECURITY;
ALTER TABLE uploads FORCE ROW LEVEL SECURITY;
CREATE POLICY uploads_organization ON uploads USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE upload_parts ENABLE ROW LEVEL SECURITY;
ALTER TABLE upload_parts FORCE ROW LEVEL SECURITY;
CREATE POLICY upload_parts_organization ON upload_parts USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE blobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE blobs FORCE ROW LEVEL SECURITY;
CREATE POLICY blobs_organization ON blobs USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE order_blobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE order_blobs FORCE ROW LEVEL SECURITY;
CREATE POLICY order_blobs_organization ON order_blobs USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
ALTER TABLE storage_use ENABLE ROW LEVEL SECURITY;
ALTER TABLE storage_use FORCE ROW LEVEL SECURITY;
CREATE POLICY storage_use_organization ON storage_use USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
