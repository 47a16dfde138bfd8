-- What is known of a recording beside its bytes. `derived`: which call it
-- belongs to was read from its name.
ALTER TABLE recordings
    ADD COLUMN sniffed_type text NOT NULL DEFAULT 'application/octet-stream',
    ADD COLUMN original_name text,
    ADD COLUMN duration_milliseconds bigint,
    ADD COLUMN duration_missing text,
    ADD COLUMN derived boolean NOT NULL DEFAULT false;

-- Read from the name of a recording's file, reported by nobody.
ALTER TABLE observations ADD COLUMN derived boolean NOT NULL DEFAULT false;

-- Phones that record calls. A source is the clock and the names of one phone.
CREATE TABLE devices (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    name text NOT NULL,
    source_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, source_id) REFERENCES sources (client_id, id),
    CONSTRAINT devices_source_key UNIQUE (client_id, source_id)
);

-- Which SIM was in the phone, and when.
CREATE TABLE device_bindings (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    device_id uuid NOT NULL,
    bait_id uuid NOT NULL,
    valid_from timestamptz,
    valid_to timestamptz,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, device_id) REFERENCES devices (client_id, id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id),
    -- An empty period takes a binding back.
    CONSTRAINT device_bindings_validity_check CHECK (valid_from <= valid_to)
);
CREATE INDEX device_bindings_device ON device_bindings (client_id, device_id, id);

-- Recordings that came before their call, or whose name does not tell it. A row
-- stays when the wait is over, and says where the recording went.
CREATE TABLE waiting_recordings (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    -- The id that source and external id give, whether or not it is reported.
    observation_id uuid NOT NULL,
    source_id uuid NOT NULL,
    external_id text NOT NULL,
    device_id uuid,
    reason text NOT NULL,
    sha256 bytea NOT NULL,
    bytes bigint NOT NULL,
    media_type text NOT NULL,
    sniffed_type text NOT NULL,
    original_name text,
    duration_milliseconds bigint,
    duration_missing text,
    received_at timestamptz NOT NULL,
    assigned_to uuid,
    assigned_at timestamptz,
    assigned_by text,
    PRIMARY KEY (client_id, observation_id),
    FOREIGN KEY (client_id, source_id) REFERENCES sources (client_id, id),
    FOREIGN KEY (client_id, device_id) REFERENCES devices (client_id, id),
    FOREIGN KEY (client_id, assigned_to) REFERENCES observations (client_id, id)
);
CREATE INDEX waiting_recordings_open ON waiting_recordings (client_id, received_at, observation_id) WHERE assigned_to IS NULL;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['devices', 'device_bindings', 'waiting_recordings'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY of_client ON %I TO baitline_client
             USING (client_id = ANY (string_to_array(
                 nullif(current_setting(''baitline.client_ids'', true), ''''), '','')::uuid[]))',
            name);
        EXECUTE format('CREATE POLICY of_all ON %I TO baitline_all USING (true)', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO baitline_all', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO baitline_client', name);
    END LOOP;
END
$$;
