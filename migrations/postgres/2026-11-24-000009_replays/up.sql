-- A dry run: what calls of a period would be, judged by other rules or by
-- another edition of the registry.
CREATE TABLE replays (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    state text NOT NULL,
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL,
    -- What judges instead of what is in force; empty for that.
    rule_version integer,
    edition_id uuid,
    problem text,
    -- How many workers have taken it up since it last got on.
    attempts integer NOT NULL,
    days_total integer NOT NULL,
    days_done integer NOT NULL,
    last_day integer,
    pending_days integer NOT NULL,
    calls bigint NOT NULL,
    differences bigint NOT NULL,
    transitions text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    CONSTRAINT replays_period_check CHECK (from_at < to_at)
);

-- The first calls that would change; the counts of a replay are of all of them.
CREATE TABLE replay_differences (
    client_id uuid NOT NULL,
    replay_id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    call_id uuid NOT NULL,
    bait_id uuid NOT NULL,
    caller bigint,
    outcome_before text NOT NULL,
    outcome_after text NOT NULL,
    reasons_before text NOT NULL,
    reasons_after text NOT NULL,
    operator_before bigint,
    operator_after bigint,
    PRIMARY KEY (client_id, replay_id, started_at, call_id),
    FOREIGN KEY (client_id, replay_id) REFERENCES replays (client_id, id)
);

-- What was built of calls that would change.
CREATE TABLE replay_touched (
    client_id uuid NOT NULL,
    replay_id uuid NOT NULL,
    kind text NOT NULL,
    subject_id uuid NOT NULL,
    calls bigint NOT NULL,
    PRIMARY KEY (client_id, replay_id, kind, subject_id),
    FOREIGN KEY (client_id, replay_id) REFERENCES replays (client_id, id)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['replays', 'replay_differences', 'replay_touched'] LOOP
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
-- A client asks and cancels; only the worker finds differences.
GRANT INSERT, UPDATE ON replays TO baitline_client;

-- The packages of a number, whose calls would change.
CREATE INDEX export_packages_caller ON export_packages (client_id, caller);

-- Everything known of one number. The number stands first: a client's key and an agency's,
-- which names no client, use the same index.
CREATE INDEX interception_tallies_caller ON interception_tallies (caller, client_id);
-- The latest calls are its end; background calls are counted in it alone.
CREATE INDEX calls_number ON calls (party_number, started_at, client_id, trap_id) WHERE party_number IS NOT NULL;
CREATE INDEX labels_callback ON labels (callback_number, client_id) WHERE callback_number IS NOT NULL;
CREATE INDEX own_numbers_range ON own_numbers (first_number, last_number);
CREATE INDEX allow_list_number ON allow_list (number, client_id);
CREATE INDEX attributions_phone ON attributions (number, client_id);
CREATE INDEX portability_answers_number ON portability_answers (number, client_id);
