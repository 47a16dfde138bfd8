-- The operator's own lists of a bait's calls. Their rows are observations of a
-- source like any other; the certified original is an attachment.
CREATE TABLE operator_statements (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    bait_id BLOB NOT NULL,
    source_id BLOB NOT NULL,
    from_at INTEGER NOT NULL,
    to_at INTEGER NOT NULL,
    number TEXT,
    issued_on INTEGER,
    note TEXT,
    withdrawn_because TEXT,
    version INTEGER NOT NULL,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id),
    FOREIGN KEY (client_id, source_id) REFERENCES sources (client_id, id),
    CONSTRAINT operator_statements_period_check CHECK (from_at < to_at)
) STRICT;
CREATE INDEX operator_statements_bait ON operator_statements (client_id, bait_id, id);
