-- Who did what to which evidence. A row is written in the transaction of the act,
-- by a trigger or by the program, and waits here until the worker chains it. No
-- foreign keys: what is of no one client has the nil id. The triggers are those of
-- each connection of the program.
CREATE TABLE audit_waiting (
    client_id BLOB NOT NULL,
    id BLOB NOT NULL,
    occurred_at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    act TEXT NOT NULL,
    noun TEXT NOT NULL,
    subject TEXT NOT NULL,
    change TEXT NOT NULL,
    items INTEGER NOT NULL,
    salt BLOB NOT NULL,
    -- SHA-256 of the salt and of what the act left.
    digest BLOB NOT NULL,
    PRIMARY KEY (client_id, id)
) STRICT;

-- The chains. Nothing in the program changes or deletes a row.
CREATE TABLE audit_entries (
    client_id BLOB NOT NULL,
    -- From 1, without gaps.
    sequence INTEGER NOT NULL,
    occurred_at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    act TEXT NOT NULL,
    noun TEXT NOT NULL,
    subject TEXT NOT NULL,
    change TEXT NOT NULL,
    items INTEGER NOT NULL,
    salt BLOB NOT NULL,
    digest BLOB NOT NULL,
    -- SHA-256 of the hash before and of the columns above but the salt, which can be
    -- forgotten.
    hash BLOB NOT NULL,
    PRIMARY KEY (client_id, sequence)
) STRICT;
CREATE INDEX audit_entries_subject ON audit_entries (client_id, subject, sequence);

-- Where each chain has come to.
CREATE TABLE audit_heads (
    client_id BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    hash BLOB NOT NULL,
    sealed_at INTEGER NOT NULL,
    PRIMARY KEY (client_id)
) STRICT;
