-- An export is planned once, and given up after workers that got nothing done.
ALTER TABLE exports ADD COLUMN planned_at timestamptz;
ALTER TABLE exports ADD COLUMN attempts_in_vain integer NOT NULL DEFAULT 0;
-- What the directory of an archive of packages says of each.
ALTER TABLE export_packages ADD COLUMN crc32 bigint;

-- What lies beside the packages in the archive of an export: its index and sums.
CREATE TABLE export_files (
    client_id uuid NOT NULL,
    export_id uuid NOT NULL,
    name text NOT NULL,
    bytes bigint NOT NULL,
    sha256 bytea NOT NULL,
    crc32 bigint NOT NULL,
    PRIMARY KEY (client_id, export_id, name),
    FOREIGN KEY (client_id, export_id) REFERENCES exports (client_id, id)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['export_files'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY of_client ON %I TO baitline_client
             USING (client_id = ANY (string_to_array(
                 nullif(current_setting(''baitline.client_ids'', true), ''''), '','')::uuid[]))',
            name);
        EXECUTE format('CREATE POLICY of_all ON %I TO baitline_all USING (true)', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO baitline_all', name);
        EXECUTE format('GRANT SELECT ON %I TO baitline_client', name);
    END LOOP;
END
$$;

-- Whoever asks to try the failed packages again puts them back, and no more.
GRANT UPDATE (state, problem) ON export_packages TO baitline_client;
