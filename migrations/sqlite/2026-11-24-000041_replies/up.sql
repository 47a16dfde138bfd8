-- What requests with an Idempotency-Key were answered, for those that send them
-- again. No foreign key: what an agency's key did for no one client has the nil id.
CREATE TABLE kept_replies (
    client_id BLOB NOT NULL,
    -- Of the line of API keys and the Idempotency-Key.
    key_sha256 BLOB NOT NULL,
    -- Of method, path, query and body.
    request_sha256 BLOB NOT NULL,
    status INTEGER NOT NULL,
    location TEXT,
    body BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, key_sha256)
) STRICT;
CREATE INDEX kept_replies_created ON kept_replies (created_at);
