-- Scans of papers and pictures of screens. What one belongs to is told by kind
-- and id, without a foreign key, since it may be of many tables; whoever enters
-- it looks there in the same transaction.
CREATE TABLE attachments (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    title text NOT NULL,
    original_name text,
    media_type text NOT NULL,
    sha256 bytea NOT NULL,
    bytes bigint NOT NULL,
    withdrawn_because text,
    version integer NOT NULL,
    author text NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    -- The same scan sent twice is one; the order serves the search by subject.
    CONSTRAINT attachments_bytes_key UNIQUE (client_id, subject_kind, subject_id, sha256)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['attachments'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY of_client ON %I TO baitline_client
             USING (client_id = ANY (string_to_array(
                 nullif(current_setting(''baitline.client_ids'', true), ''''), '','')::uuid[]))',
            name);
        EXECUTE format('CREATE POLICY of_all ON %I TO baitline_all USING (true)', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO baitline_all', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO baitline_client', name);
    END LOOP;
END
$$;
