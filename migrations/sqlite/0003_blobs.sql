-- Photos, strokes and other bytes that orders refer to: uploads on their way, what arrived, who refers to it.

-- One resumable upload. `offset_bytes` is what is stored for good; a writer holds `fence`, and a newer one takes a
-- higher one. `state` is open, complete, refused (then `refusal` is the code) or ended.
CREATE TABLE uploads (
    organization_id BLOB NOT NULL,
    upload_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    device_id BLOB,
    sha256 BLOB NOT NULL,
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
    organization_id BLOB NOT NULL,
    upload_id BLOB NOT NULL,
    start_offset BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    size_bytes BIGINT NOT NULL,
    CONSTRAINT upload_parts_pkey PRIMARY KEY (organization_id, upload_id, start_offset)
);

-- What arrived whole, once for each organization. `state` is stored, or missing when its bytes were lost; `image_state`
-- is none (not an image), pending, ready or unprocessable.
CREATE TABLE blobs (
    organization_id BLOB NOT NULL,
    sha256 BLOB NOT NULL,
    size_bytes BIGINT NOT NULL,
    media_type TEXT NOT NULL,
    state TEXT NOT NULL,
    image_state TEXT NOT NULL,
    user_id BLOB NOT NULL,
    device_id BLOB,
    received_at BIGINT NOT NULL,
    CONSTRAINT blobs_pkey PRIMARY KEY (organization_id, sha256)
);

-- Which orders refer to which blobs, arrived or not. Derived from their documents, rebuildable.
CREATE TABLE order_blobs (
    organization_id BLOB NOT NULL,
    order_id BLOB NOT NULL,
    sha256 BLOB NOT NULL,
    referred_at BIGINT NOT NULL,
    CONSTRAINT order_blobs_pkey PRIMARY KEY (organization_id, order_id, sha256)
);
CREATE INDEX order_blobs_by_content ON order_blobs (organization_id, sha256);

-- Bytes stored or promised, by the user who brought them; the row of user zero is the whole organization.
CREATE TABLE storage_use (
    organization_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    used_bytes BIGINT NOT NULL,
    CONSTRAINT storage_use_pkey PRIMARY KEY (organization_id, user_id)
);
