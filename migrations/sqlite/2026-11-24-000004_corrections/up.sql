-- What people say against what a source reported. The columns beside keep what
-- the source said; those that follow from it (time, bait, direction, party)
-- hold what is in force.
ALTER TABLE observations ADD COLUMN amended TEXT;
ALTER TABLE observations ADD COLUMN voided INTEGER NOT NULL DEFAULT 0;

-- Every correction in order; a mistaken one is taken back by another.
CREATE TABLE observation_corrections (
    client_id BLOB NOT NULL,
    id BLOB NOT NULL,
    observation_id BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    kind TEXT NOT NULL,
    changes TEXT,
    withdraws BLOB,
    reason TEXT NOT NULL,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, observation_id) REFERENCES observations (client_id, id),
    FOREIGN KEY (client_id, withdraws) REFERENCES observation_corrections (client_id, id),
    CONSTRAINT observation_corrections_ordinal_key UNIQUE (client_id, observation_id, ordinal),
    CONSTRAINT observation_corrections_withdraws_key UNIQUE (client_id, withdraws),
    CONSTRAINT observation_corrections_kind_check CHECK (
        (kind = 'amend') = (changes IS NOT NULL) AND (kind = 'withdraw') = (withdraws IS NOT NULL))
) STRICT;
