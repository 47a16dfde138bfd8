-- A dry run: what calls of a period would be, judged by other rules or by
-- another edition of the registry.
CREATE TABLE replays (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    state TEXT NOT NULL,
    from_at INTEGER NOT NULL,
    to_at INTEGER NOT NULL,
    -- What judges instead of what is in force; empty for that.
    rule_version INTEGER,
    edition_id BLOB,
    problem TEXT,
    -- How many workers have taken it up since it last got on.
    attempts INTEGER NOT NULL,
    days_total INTEGER NOT NULL,
    days_done INTEGER NOT NULL,
    last_day INTEGER,
    pending_days INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    differences INTEGER NOT NULL,
    transitions TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    CONSTRAINT replays_period_check CHECK (from_at < to_at)
) STRICT;

-- The first calls that would change; the counts of a replay are of all of them.
CREATE TABLE replay_differences (
    client_id BLOB NOT NULL,
    replay_id BLOB NOT NULL,
    started_at INTEGER NOT NULL,
    call_id BLOB NOT NULL,
    bait_id BLOB NOT NULL,
    caller INTEGER,
    outcome_before TEXT NOT NULL,
    outcome_after TEXT NOT NULL,
    reasons_before TEXT NOT NULL,
    reasons_after TEXT NOT NULL,
    operator_before INTEGER,
    operator_after INTEGER,
    PRIMARY KEY (client_id, replay_id, started_at, call_id),
    FOREIGN KEY (client_id, replay_id) REFERENCES replays (client_id, id)
) STRICT;

-- What was built of calls that would change.
CREATE TABLE replay_touched (
    client_id BLOB NOT NULL,
    replay_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    subject_id BLOB NOT NULL,
    calls INTEGER NOT NULL,
    PRIMARY KEY (client_id, replay_id, kind, subject_id),
    FOREIGN KEY (client_id, replay_id) REFERENCES replays (client_id, id)
) STRICT;

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
