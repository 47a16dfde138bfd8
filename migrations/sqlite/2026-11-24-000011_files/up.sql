-- A file of call records that the worker reads. Its bytes lie in the blob store
-- under their hash and stay there.
CREATE TABLE files (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    -- The source of records that name none.
    source_id BLOB,
    format TEXT NOT NULL,
    state TEXT NOT NULL,
    original_name TEXT,
    sha256 BLOB NOT NULL,
    bytes INTEGER NOT NULL,
    -- How its rows are read, as its source had it when the file came; empty for
    -- the fields' own names.
    profile TEXT,
    -- The names of its columns as a JSON list, once they were read.
    header TEXT,
    -- Until when a worker holds it; empty when none does.
    lease_until INTEGER,
    -- How many workers have taken it up since it last got on.
    attempts INTEGER NOT NULL,
    bytes_read INTEGER NOT NULL,
    rows_read INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    duplicate INTEGER NOT NULL,
    conflict INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    -- Rows that its profile leaves out: they are no calls.
    ignored INTEGER NOT NULL,
    -- Of the rows in file_rejections, those that nobody has settled.
    open_rejections INTEGER NOT NULL,
    problem_code TEXT,
    problem_detail TEXT,
    problem_line INTEGER,
    uploaded_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, source_id) REFERENCES sources (client_id, id)
) STRICT;
-- The same bytes again.
CREATE INDEX files_sha256 ON files (client_id, sha256);
-- What waits for a worker, whoever waits longest first.
CREATE INDEX files_waiting ON files (updated_at) WHERE ended_at IS NULL;

-- The rows of files that were not taken, each until somebody settles it.
CREATE TABLE file_rejections (
    client_id BLOB NOT NULL,
    id BLOB NOT NULL,
    file_id BLOB NOT NULL,
    -- The line, or the place in a JSON array, from 1.
    place INTEGER NOT NULL,
    -- What stands there: a text, or cells as a JSON list.
    raw TEXT,
    cells TEXT,
    raw_cut INTEGER NOT NULL CHECK (raw_cut IN (0, 1)),
    code TEXT NOT NULL,
    pointer TEXT,
    detail TEXT NOT NULL,
    state TEXT NOT NULL,
    observation_id BLOB,
    reason TEXT,
    settled_by TEXT,
    settled_at INTEGER,
    PRIMARY KEY (client_id, id),
    CONSTRAINT file_rejections_place_key UNIQUE (client_id, file_id, place),
    FOREIGN KEY (client_id, file_id) REFERENCES files (client_id, id)
) STRICT;
