-- What a geocoder answered, so that the same address is asked once.
CREATE TABLE geocoded_places (
    organization_id BLOB NOT NULL,
    query TEXT NOT NULL,
    answer TEXT NOT NULL,
    answered_at BIGINT NOT NULL,
    CONSTRAINT geocoded_places_pkey PRIMARY KEY (organization_id, query)
);
