-- What the older program could not hold back ends: it would let a key of few
-- scopes do everything, and one of several clients reach all.
CREATE TABLE old_api_keys (
    key_id TEXT PRIMARY KEY NOT NULL,
    client_id BLOB REFERENCES clients (client_id),
    name TEXT NOT NULL,
    secret_sha256 BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT;
INSERT INTO old_api_keys
SELECT key_id, (SELECT c.client_id FROM api_key_clients c WHERE c.key_id = api_keys.key_id),
    name, secret_sha256, created_at, expires_at, revoked_at
FROM api_keys
WHERE scopes = 'calls:write recordings:write baits:read reports cases exports admin'
    AND (reach = 'agency'
        OR (SELECT count(*) FROM api_key_clients c WHERE c.key_id = api_keys.key_id) = 1);
DROP TABLE api_key_clients;
DROP TABLE api_keys;
ALTER TABLE old_api_keys RENAME TO api_keys;
