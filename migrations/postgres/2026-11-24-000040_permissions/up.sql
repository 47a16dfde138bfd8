-- What a key may do and whose it is. A key made before could do everything its
-- reach allowed, and goes on so until somebody makes a lesser one.
ALTER TABLE api_keys NO FORCE ROW LEVEL SECURITY;
-- 'agency' or 'clients': said, so that a key whose clients cannot be read reaches none.
ALTER TABLE api_keys ADD COLUMN reach text;
ALTER TABLE api_keys ADD COLUMN scopes text;
-- The first key of those that replaced each other.
ALTER TABLE api_keys ADD COLUMN line_id text;
ALTER TABLE api_keys ADD COLUMN last_used_at timestamptz;
UPDATE api_keys SET
    reach = CASE WHEN client_id IS NULL THEN 'agency' ELSE 'clients' END,
    scopes = 'calls:write recordings:write baits:read reports cases exports admin',
    line_id = key_id;
ALTER TABLE api_keys ALTER COLUMN reach SET NOT NULL;
ALTER TABLE api_keys ALTER COLUMN scopes SET NOT NULL;
ALTER TABLE api_keys ALTER COLUMN line_id SET NOT NULL;
ALTER TABLE api_keys ADD
    CONSTRAINT api_keys_reach_check CHECK (reach IN ('agency', 'clients'))
;

-- The clients that keys reach.
CREATE TABLE api_key_clients (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    key_id text NOT NULL REFERENCES api_keys (key_id),
    PRIMARY KEY (client_id, key_id)
);
CREATE INDEX api_key_clients_key ON api_key_clients (key_id, client_id);
INSERT INTO api_key_clients (client_id, key_id)
SELECT client_id, key_id FROM api_keys WHERE client_id IS NOT NULL;
ALTER TABLE api_keys DROP COLUMN client_id;
ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;
CREATE INDEX api_keys_line ON api_keys (line_id);

-- Read with its key, before any client is known.
ALTER TABLE api_key_clients ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_key_clients FORCE ROW LEVEL SECURITY;
CREATE POLICY by_key_id ON api_key_clients FOR SELECT TO baitline_client
    USING (key_id = current_setting('baitline.key_id', true));
CREATE POLICY of_all ON api_key_clients TO baitline_all USING (true);
GRANT SELECT ON api_key_clients TO baitline_client;
GRANT SELECT, INSERT, UPDATE, DELETE ON api_key_clients TO baitline_all;
