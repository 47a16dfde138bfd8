-- Who lures the client's customers, and which numbers are theirs.
CREATE TABLE competitors (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    inn INTEGER,
    ogrn TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    CONSTRAINT competitors_inn_key UNIQUE (client_id, inn)
) STRICT;

CREATE TABLE attributions (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    competitor_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    role TEXT NOT NULL,
    ground TEXT NOT NULL,
    valid_from INTEGER,
    valid_to INTEGER,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, competitor_id) REFERENCES competitors (client_id, id),
    -- An empty period takes an attribution back.
    CONSTRAINT attributions_validity_check CHECK (valid_from <= valid_to)
) STRICT;
CREATE INDEX attributions_number ON attributions (client_id, number, id);
CREATE INDEX attributions_competitor ON attributions (client_id, competitor_id, id);

-- Numbers the client takes calls from and does not complain of.
CREATE TABLE allow_list (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    number INTEGER NOT NULL,
    reason TEXT NOT NULL,
    author TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    -- An empty period takes an entry back.
    CONSTRAINT allow_list_validity_check CHECK (since <= until)
) STRICT;

-- Dealings of a bait with a competitor that no record of its calls shows.
CREATE TABLE contaminations (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    bait_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    number INTEGER,
    competitor_id BLOB,
    note TEXT,
    author TEXT NOT NULL,
    withdrawn_because TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id),
    FOREIGN KEY (client_id, competitor_id) REFERENCES competitors (client_id, id),
    -- A call went to a number, a visit to a competitor.
    CONSTRAINT contaminations_target_check CHECK ((number IS NULL) <> (competitor_id IS NULL))
) STRICT;
CREATE INDEX contaminations_bait ON contaminations (client_id, bait_id, occurred_at);

-- What look-ups in the portability database said, under the client's own access.
CREATE TABLE portability_answers (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    number INTEGER NOT NULL,
    operator INTEGER NOT NULL,
    source TEXT NOT NULL,
    looked_up_at INTEGER NOT NULL,
    ported_at INTEGER,
    author TEXT NOT NULL,
    withdrawn_because TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    -- One look-up has one answer; the order serves the search by number as well.
    CONSTRAINT portability_answers_look_up_key UNIQUE (client_id, number, source, looked_up_at),
    CONSTRAINT portability_answers_port_check CHECK (ported_at <= looked_up_at)
) STRICT;
