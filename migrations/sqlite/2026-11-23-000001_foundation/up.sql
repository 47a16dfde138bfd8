-- Instants are UTC microseconds, ids 16 bytes, phone numbers and ИНН integers.
CREATE TABLE clients (
    client_id BLOB PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    window_hours INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT clients_window_hours_check CHECK (window_hours BETWEEN 24 AND 72)
) STRICT;

-- Read by key id alone, before any client is known.
CREATE TABLE api_keys (
    key_id TEXT PRIMARY KEY NOT NULL,
    client_id BLOB REFERENCES clients (client_id),
    name TEXT NOT NULL,
    secret_sha256 BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT;

CREATE TABLE sources (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    clock_offset_micros INTEGER NOT NULL,
    uncertainty_micros INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    CONSTRAINT sources_name_key UNIQUE (client_id, name)
) STRICT;

CREATE TABLE baits (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    number INTEGER NOT NULL,
    reference TEXT,
    operator INTEGER,
    region TEXT,
    note TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    CONSTRAINT baits_number_key UNIQUE (client_id, number),
    CONSTRAINT baits_reference_key UNIQUE (client_id, reference)
) STRICT;

CREATE TABLE own_numbers (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    first_number INTEGER NOT NULL,
    last_number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    valid_from INTEGER,
    valid_to INTEGER,
    vendor TEXT,
    note TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    CONSTRAINT own_numbers_range_check CHECK (first_number <= last_number),
    CONSTRAINT own_numbers_validity_check CHECK (valid_from < valid_to)
) STRICT;

CREATE TABLE traps (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    bait_id BLOB NOT NULL,
    started_at INTEGER NOT NULL,
    run_ends_at INTEGER NOT NULL,
    recorder_tested_at INTEGER,
    -- What a person logged, and the parameters of that day.
    logged_exposures TEXT NOT NULL,
    window_hours INTEGER NOT NULL,
    min_site_visit_seconds INTEGER NOT NULL,
    min_connected_seconds INTEGER NOT NULL,
    -- What the worker made of it and of the bait's records; empty before.
    exposures TEXT,
    missing TEXT,
    window_from INTEGER,
    window_to INTEGER,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id),
    CONSTRAINT traps_run_check CHECK (started_at < run_ends_at)
) STRICT;
CREATE INDEX traps_bait ON traps (client_id, bait_id, started_at);

CREATE TABLE observations (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    source_id BLOB NOT NULL,
    external_id TEXT,
    revision INTEGER NOT NULL,
    -- The ends as the record has them.
    named_bait TEXT,
    named_direction TEXT,
    caller_raw TEXT,
    called_raw TEXT,
    channel TEXT NOT NULL,
    reported_at INTEGER NOT NULL,
    reported_at_raw TEXT NOT NULL,
    connected_seconds INTEGER,
    answered INTEGER NOT NULL,
    roaming INTEGER NOT NULL,
    screen_label TEXT,
    extra TEXT,
    received_at INTEGER NOT NULL,
    -- What follows from them: the clock corrected, the bait found.
    occurred_at INTEGER NOT NULL,
    bait_id BLOB,
    direction TEXT,
    party_kind TEXT,
    party_number INTEGER,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, source_id) REFERENCES sources (client_id, id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id)
) STRICT;
-- The days a bucket reads.
CREATE INDEX observations_time ON observations (client_id, occurred_at);
-- The days on which one bait had to do with one number.
CREATE INDEX observations_party ON observations (client_id, bait_id, party_number, occurred_at);
-- What waits for its bait.
CREATE INDEX observations_unmatched ON observations (client_id, id) WHERE bait_id IS NULL;

CREATE TABLE observation_revisions (
    client_id BLOB NOT NULL,
    observation_id BLOB NOT NULL,
    revision INTEGER NOT NULL,
    content TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, observation_id, revision),
    FOREIGN KEY (client_id, observation_id) REFERENCES observations (client_id, id)
) STRICT;

CREATE TABLE recordings (
    client_id BLOB NOT NULL,
    observation_id BLOB NOT NULL,
    sha256 BLOB NOT NULL,
    bytes INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, observation_id),
    FOREIGN KEY (client_id, observation_id) REFERENCES observations (client_id, id)
) STRICT;

CREATE TABLE labels (
    client_id BLOB NOT NULL,
    id BLOB NOT NULL,
    observation_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    robot INTEGER,
    consent_given INTEGER NOT NULL,
    stop_demanded INTEGER NOT NULL,
    company TEXT,
    callback_number INTEGER,
    site TEXT,
    number_origin TEXT,
    transcript TEXT,
    labelled_at INTEGER NOT NULL,
    labelled_by TEXT NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, observation_id) REFERENCES observations (client_id, id)
) STRICT;
CREATE INDEX labels_observation ON labels (client_id, observation_id);

-- The Ministry's registry: shared by all clients.
CREATE TABLE numbering_editions (
    id BLOB PRIMARY KEY NOT NULL,
    file TEXT NOT NULL,
    in_force_from INTEGER NOT NULL,
    ranges INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    imported_at INTEGER NOT NULL,
    CONSTRAINT numbering_editions_file_key UNIQUE (file, in_force_from)
) STRICT;

CREATE TABLE numbering_ranges (
    edition_id BLOB NOT NULL REFERENCES numbering_editions (id) ON DELETE CASCADE,
    first_number INTEGER NOT NULL,
    last_number INTEGER NOT NULL,
    operator INTEGER,
    operator_name TEXT NOT NULL,
    region TEXT NOT NULL,
    PRIMARY KEY (edition_id, first_number)
) STRICT;

-- Derived by the worker, bucket by bucket: a bucket is one UTC day of one
-- client. Its row is what a worker locks.
CREATE TABLE buckets (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    day INTEGER NOT NULL,
    PRIMARY KEY (client_id, day)
) STRICT;

-- The ledger: each transaction that touches a bucket adds a row of its own.
CREATE TABLE touched_buckets (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    day INTEGER NOT NULL,
    id BLOB NOT NULL,
    PRIMARY KEY (client_id, day, id)
) STRICT;

-- A change that touches more than its writer can see; the worker expands it.
CREATE TABLE changes (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    subject_id BLOB,
    party_number INTEGER,
    from_at INTEGER,
    to_at INTEGER,
    PRIMARY KEY (client_id, id)
) STRICT;

CREATE TABLE calls (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    bait_id BLOB NOT NULL,
    direction TEXT NOT NULL,
    party_kind TEXT NOT NULL,
    party_number INTEGER,
    party_text TEXT,
    channel TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    uncertainty_micros INTEGER NOT NULL,
    connected_seconds INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    roaming INTEGER NOT NULL,
    observations BLOB NOT NULL,
    -- The assessment.
    reasons TEXT NOT NULL,
    rule_version INTEGER NOT NULL,
    trap_id BLOB,
    verdict TEXT,
    attempt INTEGER NOT NULL,
    prior_contact INTEGER NOT NULL,
    exposures_done TEXT,
    caller_operator INTEGER,
    edition_id BLOB,
    label TEXT,
    -- The start stands in the key: a bucket replaces its own rows only, even while
    -- another one still holds a call whose time was corrected.
    PRIMARY KEY (client_id, started_at, id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id),
    FOREIGN KEY (client_id, trap_id) REFERENCES traps (client_id, id)
) STRICT;
-- What one bait had to do with one number before.
CREATE INDEX calls_party ON calls (client_id, bait_id, party_number, started_at);

CREATE TABLE interception_tallies (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    day INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    caller INTEGER NOT NULL,
    operator INTEGER,
    bait_id BLOB NOT NULL,
    trap_id BLOB NOT NULL,
    verdict TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    hearing TEXT NOT NULL,
    prior_contact INTEGER NOT NULL,
    local_day INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, day, ordinal)
) STRICT;

CREATE TABLE exports (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    state TEXT NOT NULL,
    request TEXT NOT NULL,
    problem TEXT,
    attempts INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id)
) STRICT;

CREATE TABLE export_packages (
    client_id BLOB NOT NULL,
    id BLOB NOT NULL,
    export_id BLOB NOT NULL,
    caller INTEGER NOT NULL,
    state TEXT NOT NULL,
    sealed_at INTEGER NOT NULL,
    interceptions INTEGER NOT NULL,
    missing TEXT NOT NULL,
    bytes INTEGER,
    sha256 BLOB,
    problem TEXT,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, export_id) REFERENCES exports (client_id, id),
    CONSTRAINT export_packages_caller_key UNIQUE (client_id, export_id, caller)
) STRICT;
