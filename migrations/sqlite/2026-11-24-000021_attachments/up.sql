-- Scans of papers and pictures of screens. What one belongs to is told by kind
-- and id, without a foreign key, since it may be of many tables; whoever enters
-- it looks there in the same transaction.
CREATE TABLE attachments (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id BLOB NOT NULL,
    title TEXT NOT NULL,
    original_name TEXT,
    media_type TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    bytes INTEGER NOT NULL,
    withdrawn_because TEXT,
    version INTEGER NOT NULL,
    author TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    -- The same scan sent twice is one; the order serves the search by subject.
    CONSTRAINT attachments_bytes_key UNIQUE (client_id, subject_kind, subject_id, sha256)
) STRICT;
