-- How long a client's calls are kept. No row, or no days: for ever.
CREATE TABLE retentions (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    days INTEGER,
    author TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (client_id),
    CONSTRAINT retentions_days_check CHECK (days BETWEEN 30 AND 36500)
) STRICT;

-- What a person keeps from being erased: calls of a bait, of a caller, of both
-- together, or of the whole client. Ended, never deleted.
CREATE TABLE legal_holds (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    bait_id BLOB,
    caller INTEGER,
    reason TEXT NOT NULL,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    ended_because TEXT,
    ended_by TEXT,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id),
    CONSTRAINT legal_holds_end_check CHECK (
        (ended_at IS NULL) = (ended_because IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL))
) STRICT;

-- What was erased, and how far a worker has come with it.
CREATE TABLE erasures (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    ground TEXT NOT NULL,
    state TEXT NOT NULL,
    -- Whose calls go; forgotten once nothing is looked for by it.
    number INTEGER,
    -- Before which calls go.
    before_at INTEGER,
    reason TEXT NOT NULL,
    author TEXT NOT NULL,
    -- What the commitments are salted with, until it is given up.
    salt BLOB,
    -- How much of each kind, as JSON.
    counts TEXT NOT NULL,
    -- What stayed and why, as JSON.
    held TEXT NOT NULL,
    -- Where in its state it has come to.
    place TEXT,
    -- SHA-256 of its commitments, in their order.
    digest BLOB,
    requested_at INTEGER NOT NULL,
    rows_gone_at INTEGER,
    ended_at INTEGER,
    PRIMARY KEY (client_id, id),
    CONSTRAINT erasures_ground_check CHECK ((ground = 'retention') = (before_at IS NOT NULL)),
    CONSTRAINT erasures_end_check CHECK ((state = 'done') = (ended_at IS NOT NULL)
        AND (state <> 'done' OR number IS NULL))
) STRICT;
CREATE INDEX erasures_open ON erasures (client_id, id) WHERE ended_at IS NULL;

-- The days that an erasure touched: segments of their months hold what is gone.
CREATE TABLE erasure_days (
    client_id BLOB NOT NULL,
    erasure_id BLOB NOT NULL,
    day INTEGER NOT NULL,
    PRIMARY KEY (client_id, erasure_id, day),
    FOREIGN KEY (client_id, erasure_id) REFERENCES erasures (client_id, id)
) STRICT;

-- SHA-256 of the salt and of the name of what is gone.
CREATE TABLE erasure_commitments (
    client_id BLOB NOT NULL,
    erasure_id BLOB NOT NULL,
    commitment BLOB NOT NULL,
    PRIMARY KEY (client_id, erasure_id, commitment),
    FOREIGN KEY (client_id, erasure_id) REFERENCES erasures (client_id, id)
) STRICT;

-- When the bytes of a file went.
ALTER TABLE files ADD COLUMN erased_at INTEGER;
