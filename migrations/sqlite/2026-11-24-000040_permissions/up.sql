-- What a key may do and whose it is. A key made before could do everything its
-- reach allowed, and goes on so until somebody makes a lesser one.
ALTER TABLE api_keys RENAME TO old_api_keys;
CREATE TABLE api_keys (
    key_id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    secret_sha256 BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    -- 'agency' or 'clients': said, so that a key whose clients cannot be read reaches none.
    reach TEXT NOT NULL,
    scopes TEXT NOT NULL,
    -- The first key of those that replaced each other.
    line_id TEXT NOT NULL,
    last_used_at INTEGER,
    CONSTRAINT api_keys_reach_check CHECK (reach IN ('agency', 'clients'))
) STRICT;
INSERT INTO api_keys
SELECT key_id, name, secret_sha256, created_at, expires_at, revoked_at,
    CASE WHEN client_id IS NULL THEN 'agency' ELSE 'clients' END,
    'calls:write recordings:write baits:read reports cases exports admin', key_id, NULL
FROM old_api_keys;

-- The clients that keys reach.
CREATE TABLE api_key_clients (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    key_id TEXT NOT NULL REFERENCES api_keys (key_id),
    PRIMARY KEY (client_id, key_id)
) STRICT;
CREATE INDEX api_key_clients_key ON api_key_clients (key_id, client_id);
INSERT INTO api_key_clients (client_id, key_id)
SELECT client_id, key_id FROM old_api_keys WHERE client_id IS NOT NULL;
DROP TABLE old_api_keys;
CREATE INDEX api_keys_line ON api_keys (line_id);
