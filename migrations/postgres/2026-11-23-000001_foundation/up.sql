-- The two roles the program works as. The login that api and worker use owns
-- nothing and is a member of both; it takes one of them for each transaction.
-- Roles belong to the whole cluster, so another database may have made them.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'baitline_client') THEN
        CREATE ROLE baitline_client NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'baitline_all') THEN
        CREATE ROLE baitline_all NOLOGIN;
    END IF;
END
$$;

GRANT USAGE ON SCHEMA public TO baitline_client, baitline_all;

CREATE TABLE clients (
    client_id uuid PRIMARY KEY,
    name text NOT NULL,
    time_zone text NOT NULL,
    window_hours integer NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT clients_window_hours_check CHECK (window_hours BETWEEN 24 AND 72)
);

-- Read by key id alone, before any client is known.
CREATE TABLE api_keys (
    key_id text PRIMARY KEY,
    client_id uuid REFERENCES clients (client_id),
    name text NOT NULL,
    secret_sha256 bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz
);

CREATE TABLE sources (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    time_zone text NOT NULL,
    clock_offset_micros bigint NOT NULL,
    uncertainty_micros bigint NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    CONSTRAINT sources_name_key UNIQUE (client_id, name)
);

CREATE TABLE baits (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    number bigint NOT NULL,
    reference text,
    operator bigint,
    region text,
    note text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    CONSTRAINT baits_number_key UNIQUE (client_id, number),
    CONSTRAINT baits_reference_key UNIQUE (client_id, reference)
);

CREATE TABLE own_numbers (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    first_number bigint NOT NULL,
    last_number bigint NOT NULL,
    kind text NOT NULL,
    valid_from timestamptz,
    valid_to timestamptz,
    vendor text,
    note text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    CONSTRAINT own_numbers_range_check CHECK (first_number <= last_number),
    CONSTRAINT own_numbers_validity_check CHECK (valid_from < valid_to)
);

CREATE TABLE traps (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    bait_id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    run_ends_at timestamptz NOT NULL,
    recorder_tested_at timestamptz,
    -- What a person logged, and the parameters of that day.
    logged_exposures text NOT NULL,
    window_hours integer NOT NULL,
    min_site_visit_seconds integer NOT NULL,
    min_connected_seconds integer NOT NULL,
    -- What the worker made of it and of the bait's records; empty before.
    exposures text,
    missing text,
    window_from timestamptz,
    window_to timestamptz,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id),
    CONSTRAINT traps_run_check CHECK (started_at < run_ends_at)
);
CREATE INDEX traps_bait ON traps (client_id, bait_id, started_at);

CREATE TABLE observations (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    source_id uuid NOT NULL,
    external_id text,
    revision bigint NOT NULL,
    -- The ends as the record has them.
    named_bait text,
    named_direction text,
    caller_raw text,
    called_raw text,
    channel text NOT NULL,
    reported_at timestamptz NOT NULL,
    reported_at_raw text NOT NULL,
    connected_seconds integer,
    answered boolean NOT NULL,
    roaming boolean NOT NULL,
    screen_label text,
    extra text,
    received_at timestamptz NOT NULL,
    -- What follows from them: the clock corrected, the bait found.
    occurred_at timestamptz NOT NULL,
    bait_id uuid,
    direction text,
    party_kind text,
    party_number bigint,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, source_id) REFERENCES sources (client_id, id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id)
);
-- The days a bucket reads.
CREATE INDEX observations_time ON observations (client_id, occurred_at);
-- The days on which one bait had to do with one number.
CREATE INDEX observations_party ON observations (client_id, bait_id, party_number, occurred_at);
-- What waits for its bait.
CREATE INDEX observations_unmatched ON observations (client_id, id) WHERE bait_id IS NULL;

CREATE TABLE observation_revisions (
    client_id uuid NOT NULL,
    observation_id uuid NOT NULL,
    revision bigint NOT NULL,
    content text NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, observation_id, revision),
    FOREIGN KEY (client_id, observation_id) REFERENCES observations (client_id, id)
);

CREATE TABLE recordings (
    client_id uuid NOT NULL,
    observation_id uuid NOT NULL,
    sha256 bytea NOT NULL,
    bytes bigint NOT NULL,
    media_type text NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, observation_id),
    FOREIGN KEY (client_id, observation_id) REFERENCES observations (client_id, id)
);

CREATE TABLE labels (
    client_id uuid NOT NULL,
    id uuid NOT NULL,
    observation_id uuid NOT NULL,
    kind text NOT NULL,
    robot boolean,
    consent_given boolean NOT NULL,
    stop_demanded boolean NOT NULL,
    company text,
    callback_number bigint,
    site text,
    number_origin text,
    transcript text,
    labelled_at timestamptz NOT NULL,
    labelled_by text NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, observation_id) REFERENCES observations (client_id, id)
);
CREATE INDEX labels_observation ON labels (client_id, observation_id);

-- The Ministry's registry: shared by all clients.
CREATE TABLE numbering_editions (
    id uuid PRIMARY KEY,
    file text NOT NULL,
    in_force_from timestamptz NOT NULL,
    ranges integer NOT NULL,
    sha256 bytea NOT NULL,
    imported_at timestamptz NOT NULL,
    CONSTRAINT numbering_editions_file_key UNIQUE (file, in_force_from)
);

CREATE TABLE numbering_ranges (
    edition_id uuid NOT NULL REFERENCES numbering_editions (id) ON DELETE CASCADE,
    first_number bigint NOT NULL,
    last_number bigint NOT NULL,
    operator bigint,
    operator_name text NOT NULL,
    region text NOT NULL,
    PRIMARY KEY (edition_id, first_number)
);

-- Derived by the worker, bucket by bucket: a bucket is one UTC day of one
-- client. Its row is what a worker locks.
CREATE TABLE buckets (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    day integer NOT NULL,
    PRIMARY KEY (client_id, day)
);

-- The ledger: each transaction that touches a bucket adds a row of its own.
CREATE TABLE touched_buckets (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    day integer NOT NULL,
    id uuid NOT NULL,
    PRIMARY KEY (client_id, day, id)
);

-- A change that touches more than its writer can see; the worker expands it.
CREATE TABLE changes (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    kind text NOT NULL,
    subject_id uuid,
    party_number bigint,
    from_at timestamptz,
    to_at timestamptz,
    PRIMARY KEY (client_id, id)
);

CREATE TABLE calls (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    bait_id uuid NOT NULL,
    direction text NOT NULL,
    party_kind text NOT NULL,
    party_number bigint,
    party_text text,
    channel text NOT NULL,
    started_at timestamptz NOT NULL,
    uncertainty_micros bigint NOT NULL,
    connected_seconds integer NOT NULL,
    answered boolean NOT NULL,
    roaming boolean NOT NULL,
    observations bytea NOT NULL,
    -- The assessment.
    reasons text NOT NULL,
    rule_version integer NOT NULL,
    trap_id uuid,
    verdict text,
    attempt boolean NOT NULL,
    prior_contact boolean NOT NULL,
    exposures_done text,
    caller_operator bigint,
    edition_id uuid,
    label text,
    -- The start stands in the key: a bucket replaces its own rows only, even while
    -- another one still holds a call whose time was corrected.
    PRIMARY KEY (client_id, started_at, id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id),
    FOREIGN KEY (client_id, trap_id) REFERENCES traps (client_id, id)
);
-- What one bait had to do with one number before.
CREATE INDEX calls_party ON calls (client_id, bait_id, party_number, started_at);

CREATE TABLE interception_tallies (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    day integer NOT NULL,
    ordinal integer NOT NULL,
    caller bigint NOT NULL,
    operator bigint,
    bait_id uuid NOT NULL,
    trap_id uuid NOT NULL,
    verdict text NOT NULL,
    attempt boolean NOT NULL,
    hearing text NOT NULL,
    prior_contact boolean NOT NULL,
    local_day integer NOT NULL,
    calls integer NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, day, ordinal)
);

CREATE TABLE exports (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    state text NOT NULL,
    request text NOT NULL,
    problem text,
    attempts integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id)
);

CREATE TABLE export_packages (
    client_id uuid NOT NULL,
    id uuid NOT NULL,
    export_id uuid NOT NULL,
    caller bigint NOT NULL,
    state text NOT NULL,
    sealed_at timestamptz NOT NULL,
    interceptions integer NOT NULL,
    missing text NOT NULL,
    bytes bigint,
    sha256 bytea,
    problem text,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, export_id) REFERENCES exports (client_id, id),
    CONSTRAINT export_packages_caller_key UNIQUE (client_id, export_id, caller)
);

-- Row-level security is the second barrier; the first is that no query is
-- built without its client. FORCE binds the owner too.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'clients', 'sources', 'baits', 'own_numbers', 'traps', 'observations',
        'observation_revisions', 'recordings', 'labels', 'buckets',
        'touched_buckets', 'changes', 'calls', 'interception_tallies',
        'exports', 'export_packages'
    ] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY of_client ON %I TO baitline_client
             USING (client_id = ANY (string_to_array(
                 nullif(current_setting(''baitline.client_ids'', true), ''''), '','')::uuid[]))',
            name);
        EXECUTE format('CREATE POLICY of_all ON %I TO baitline_all USING (true)', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO baitline_all', name);
        EXECUTE format('GRANT SELECT ON %I TO baitline_client', name);
    END LOOP;
END
$$;

ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY by_key_id ON api_keys FOR SELECT TO baitline_client
    USING (key_id = current_setting('baitline.key_id', true));
CREATE POLICY of_all ON api_keys TO baitline_all USING (true);
GRANT SELECT ON api_keys TO baitline_client;
GRANT SELECT, INSERT, UPDATE, DELETE ON api_keys TO baitline_all;

-- What a client's own key may write, and no more.
GRANT UPDATE ON clients TO baitline_client;
GRANT INSERT, UPDATE ON sources, baits, own_numbers, traps, observations, exports TO baitline_client;
GRANT INSERT ON observation_revisions, recordings, labels, buckets, touched_buckets, changes TO baitline_client;

-- The registry is nobody's secret.
GRANT SELECT ON numbering_editions, numbering_ranges TO baitline_client;
GRANT SELECT, INSERT, UPDATE, DELETE ON numbering_editions, numbering_ranges TO baitline_all;

-- So that a process can tell at its start whether the schema is current.
GRANT SELECT ON __diesel_schema_migrations TO baitline_client, baitline_all;
