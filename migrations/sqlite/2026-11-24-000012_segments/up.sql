-- Immutable Parquet files of interceptions, each of one client and one UTC
-- month. The bytes are in the blob store, under their hash.
CREATE TABLE segments (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    -- Its first day, in days since 1970-01-01.
    month INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    bytes INTEGER NOT NULL,
    interceptions INTEGER NOT NULL,
    sealed_at INTEGER NOT NULL,
    -- Since when no report begins to read it. Its bytes stay for those that do.
    dropped_at INTEGER,
    PRIMARY KEY (client_id, id)
) STRICT;

-- What the worker last derived of a bucket. A table of its own: the ingest adds
-- to buckets, and would wait for whoever changes a row there.
CREATE TABLE derived_days (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    day INTEGER NOT NULL,
    month INTEGER NOT NULL,
    -- Another one after each recomputation.
    version BLOB NOT NULL,
    derived_at INTEGER NOT NULL,
    interceptions INTEGER NOT NULL,
    -- The file that holds rows of this day, be they of this version or not.
    segment_id BLOB,
    -- Whether the day is read from the database: it has interceptions or had
    -- some in its file, and no file holds this version.
    unsealed INTEGER NOT NULL,
    PRIMARY KEY (client_id, day),
    FOREIGN KEY (client_id, segment_id) REFERENCES segments (client_id, id),
    CONSTRAINT derived_days_sealed_check CHECK (unsealed OR interceptions = 0 OR segment_id IS NOT NULL)
) STRICT;
CREATE INDEX derived_days_unsealed ON derived_days (client_id, month, day) WHERE unsealed;

-- The small numbers that stand for ids in a client's segments. Never given to
-- another id, so that every file stays readable.
CREATE TABLE segment_ordinals (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    kind TEXT NOT NULL,
    subject_id BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    PRIMARY KEY (client_id, kind, subject_id),
    CONSTRAINT segment_ordinals_key UNIQUE (client_id, kind, ordinal)
) STRICT;

-- Which worker seals a client's days at present.
CREATE TABLE sealings (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    held_by BLOB NOT NULL,
    held_until INTEGER NOT NULL,
    PRIMARY KEY (client_id)
) STRICT;

-- Days derived before this migration are read from the database until they are sealed.
INSERT INTO derived_days (client_id, day, month, version, derived_at, interceptions, segment_id, unsealed)
SELECT client_id, day, unixepoch(day * 86400, 'unixepoch', 'start of month') / 86400,
    randomblob(16), unixepoch() * 1000000, sum(calls), NULL, 1
FROM interception_tallies GROUP BY client_id, day;
