-- What the older program could not hold back ends: it would let a key of few
-- scopes do everything, and one of several clients reach all.
ALTER TABLE api_keys NO FORCE ROW LEVEL SECURITY;
ALTER TABLE api_key_clients NO FORCE ROW LEVEL SECURITY;
CREATE TEMPORARY TABLE ended_keys ON COMMIT DROP AS
SELECT key_id FROM api_keys
WHERE scopes <> 'calls:write recordings:write baits:read reports cases exports admin'
    OR (reach = 'clients'
        AND (SELECT count(*) FROM api_key_clients c WHERE c.key_id = api_keys.key_id) <> 1);
DELETE FROM api_key_clients WHERE key_id IN (SELECT key_id FROM ended_keys);
DELETE FROM api_keys WHERE key_id IN (SELECT key_id FROM ended_keys);
ALTER TABLE api_keys ADD COLUMN client_id uuid REFERENCES clients (client_id);
UPDATE api_keys SET client_id =
    (SELECT c.client_id FROM api_key_clients c WHERE c.key_id = api_keys.key_id);
DROP TABLE api_key_clients;
DROP INDEX api_keys_line;
ALTER TABLE api_keys DROP CONSTRAINT api_keys_reach_check;
ALTER TABLE api_keys DROP COLUMN reach, DROP COLUMN scopes, DROP COLUMN line_id, DROP COLUMN last_used_at;
ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;
