-- What a geocoder answered, so that the same address is asked once.
CREATE TABLE geocoded_places (
    organization_id BYTEA NOT NULL,
    query TEXT NOT NULL,
    answer TEXT NOT NULL,
    answered_at BIGINT NOT NULL,
    CONSTRAINT geocoded_places_pkey PRIMARY KEY (organization_id, query)
);

ALTER TABLE geocoded_places ENABLE ROW LEVEL SECURITY;
ALTER TABLE geocoded_places FORCE ROW LEVEL SECURITY;
CREATE POLICY geocoded_places_organization ON geocoded_places USING (
    organization_id = decode(current_setting('campo.organization', true), 'hex')
    OR current_setting('campo.system', true) = 'on'
);
