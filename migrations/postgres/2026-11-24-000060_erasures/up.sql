-- How long a client's calls are kept. No row, or no days: for ever.
CREATE TABLE retentions (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    days integer,
    author text NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (client_id),
    CONSTRAINT retentions_days_check CHECK (days BETWEEN 30 AND 36500)
);

-- What a person keeps from being erased: calls of a bait, of a caller, of both
-- together, or of the whole client. Ended, never deleted.
CREATE TABLE legal_holds (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    bait_id uuid,
    caller bigint,
    reason text NOT NULL,
    author text NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_because text,
    ended_by text,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id),
    CONSTRAINT legal_holds_end_check CHECK (
        (ended_at IS NULL) = (ended_because IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL))
);

-- What was erased, and how far a worker has come with it.
CREATE TABLE erasures (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    ground text NOT NULL,
    state text NOT NULL,
    -- Whose calls go; forgotten once nothing is looked for by it.
    number bigint,
    -- Before which calls go.
    before_at timestamptz,
    reason text NOT NULL,
    author text NOT NULL,
    -- What the commitments are salted with, until it is given up.
    salt bytea,
    -- How much of each kind, as JSON.
    counts text NOT NULL,
    -- What stayed and why, as JSON.
    held text NOT NULL,
    -- Where in its state it has come to.
    place text,
    -- SHA-256 of its commitments, in their order.
    digest bytea,
    requested_at timestamptz NOT NULL,
    rows_gone_at timestamptz,
    ended_at timestamptz,
    PRIMARY KEY (client_id, id),
    CONSTRAINT erasures_ground_check CHECK ((ground = 'retention') = (before_at IS NOT NULL)),
    CONSTRAINT erasures_end_check CHECK ((state = 'done') = (ended_at IS NOT NULL)
        AND (state <> 'done' OR number IS NULL))
);
CREATE INDEX erasures_open ON erasures (client_id, id) WHERE ended_at IS NULL;

-- The days that an erasure touched: segments of their months hold what is gone.
CREATE TABLE erasure_days (
    client_id uuid NOT NULL,
    erasure_id uuid NOT NULL,
    day integer NOT NULL,
    PRIMARY KEY (client_id, erasure_id, day),
    FOREIGN KEY (client_id, erasure_id) REFERENCES erasures (client_id, id)
);

-- SHA-256 of the salt and of the name of what is gone.
CREATE TABLE erasure_commitments (
    client_id uuid NOT NULL,
    erasure_id uuid NOT NULL,
    commitment bytea NOT NULL,
    PRIMARY KEY (client_id, erasure_id, commitment),
    FOREIGN KEY (client_id, erasure_id) REFERENCES erasures (client_id, id)
);

-- When the bytes of a file went.
ALTER TABLE files ADD COLUMN erased_at timestamptz;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['retentions', 'legal_holds', 'erasures', 'erasure_days',
        'erasure_commitments'] LOOP
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

-- The salt alone can be forgotten: it is in no hash of the chain.
GRANT UPDATE (salt) ON audit_waiting, audit_entries TO baitline_all;
