-- What is known of a recording beside its bytes. `derived`: which call it
-- belongs to was read from its name.
ALTER TABLE recordings ADD COLUMN sniffed_type TEXT NOT NULL DEFAULT 'application/octet-stream';
ALTER TABLE recordings ADD COLUMN original_name TEXT;
ALTER TABLE recordings ADD COLUMN duration_milliseconds INTEGER;
ALTER TABLE recordings ADD COLUMN duration_missing TEXT;
ALTER TABLE recordings ADD COLUMN derived INTEGER NOT NULL DEFAULT 0;

-- Read from the name of a recording's file, reported by nobody.
ALTER TABLE observations ADD COLUMN derived INTEGER NOT NULL DEFAULT 0;

-- Phones that record calls. A source is the clock and the names of one phone.
CREATE TABLE devices (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    source_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, source_id) REFERENCES sources (client_id, id),
    CONSTRAINT devices_source_key UNIQUE (client_id, source_id)
) STRICT;

-- Which SIM was in the phone, and when.
CREATE TABLE device_bindings (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    device_id BLOB NOT NULL,
    bait_id BLOB NOT NULL,
    valid_from INTEGER,
    valid_to INTEGER,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, device_id) REFERENCES devices (client_id, id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id),
    -- An empty period takes a binding back.
    CONSTRAINT device_bindings_validity_check CHECK (valid_from <= valid_to)
) STRICT;
CREATE INDEX device_bindings_device ON device_bindings (client_id, device_id, id);

-- Recordings that came before their call, or whose name does not tell it. A row
-- stays when the wait is over, and says where the recording went.
CREATE TABLE waiting_recordings (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    -- The id that source and external id give, whether or not it is reported.
    observation_id BLOB NOT NULL,
    source_id BLOB NOT NULL,
    external_id TEXT NOT NULL,
    device_id BLOB,
    reason TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    bytes INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    sniffed_type TEXT NOT NULL,
    original_name TEXT,
    duration_milliseconds INTEGER,
    duration_missing TEXT,
    received_at INTEGER NOT NULL,
    assigned_to BLOB,
    assigned_at INTEGER,
    assigned_by TEXT,
    PRIMARY KEY (client_id, observation_id),
    FOREIGN KEY (client_id, source_id) REFERENCES sources (client_id, id),
    FOREIGN KEY (client_id, device_id) REFERENCES devices (client_id, id),
    FOREIGN KEY (client_id, assigned_to) REFERENCES observations (client_id, id)
) STRICT;
CREATE INDEX waiting_recordings_open ON waiting_recordings (client_id, received_at, observation_id) WHERE assigned_to IS NULL;
