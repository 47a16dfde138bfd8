-- What requests with an Idempotency-Key were answered, for those that send them
-- again. No foreign key: what an agency's key did for no one client has the nil id.
CREATE TABLE kept_replies (
    client_id uuid NOT NULL,
    -- Of the line of API keys and the Idempotency-Key.
    key_sha256 bytea NOT NULL,
    -- Of method, path, query and body.
    request_sha256 bytea NOT NULL,
    status integer NOT NULL,
    location text,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, key_sha256)
);
CREATE INDEX kept_replies_created ON kept_replies (created_at);

ALTER TABLE kept_replies ENABLE ROW LEVEL SECURITY;
ALTER TABLE kept_replies FORCE ROW LEVEL SECURITY;
CREATE POLICY of_client ON kept_replies TO baitline_client
    USING (client_id = ANY (string_to_array(
        nullif(current_setting('baitline.client_ids', true), ''), ',')::uuid[]));
CREATE POLICY of_all ON kept_replies TO baitline_all USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON kept_replies TO baitline_all;
GRANT SELECT, INSERT, UPDATE ON kept_replies TO baitline_client;
