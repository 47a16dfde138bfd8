-- What the accused side says against a complaint, and what came of it.
CREATE TABLE complaint_objections (
    client_id BLOB NOT NULL,
    id BLOB NOT NULL,
    complaint_id BLOB NOT NULL,
    received_on INTEGER NOT NULL,
    from_whom TEXT NOT NULL,
    -- The defences it uses, as a JSON list of code words.
    defences TEXT NOT NULL,
    words TEXT NOT NULL,
    settled_on INTEGER,
    settled_because TEXT,
    version INTEGER NOT NULL,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, complaint_id) REFERENCES complaints (client_id, id),
    CONSTRAINT complaint_objections_settled_check CHECK (
        (settled_on IS NULL) = (settled_because IS NULL))
) STRICT;
CREATE INDEX complaint_objections_complaint ON complaint_objections (client_id, complaint_id, id);
