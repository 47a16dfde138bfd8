-- The operator's own lists of a bait's calls. Their rows are observations of a
-- source like any other; the certified original is an attachment.
CREATE TABLE operator_statements (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    bait_id uuid NOT NULL,
    source_id uuid NOT NULL,
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL,
    number text,
    issued_on integer,
    note text,
    withdrawn_because text,
    version integer NOT NULL,
    author text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id),
    FOREIGN KEY (client_id, source_id) REFERENCES sources (client_id, id),
    CONSTRAINT operator_statements_period_check CHECK (from_at < to_at)
);
CREATE INDEX operator_statements_bait ON operator_statements (client_id, bait_id, id);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['operator_statements'] LOOP
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
