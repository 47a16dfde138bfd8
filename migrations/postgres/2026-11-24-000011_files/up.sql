-- A file of call records that the worker reads. Its bytes lie in the blob store
-- under their hash and stay there.
CREATE TABLE files (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    -- The source of records that name none.
    source_id uuid,
    format text NOT NULL,
    state text NOT NULL,
    original_name text,
    sha256 bytea NOT NULL,
    bytes bigint NOT NULL,
    -- How its rows are read, as its source had it when the file came; empty for
    -- the fields' own names.
    profile text,
    -- The names of its columns as a JSON list, once they were read.
    header text,
    -- Until when a worker holds it; empty when none does.
    lease_until timestamptz,
    -- How many workers have taken it up since it last got on.
    attempts integer NOT NULL,
    bytes_read bigint NOT NULL,
    rows_read bigint NOT NULL,
    accepted bigint NOT NULL,
    updated bigint NOT NULL,
    duplicate bigint NOT NULL,
    conflict bigint NOT NULL,
    rejected bigint NOT NULL,
    -- Rows that its profile leaves out: they are no calls.
    ignored bigint NOT NULL,
    -- Of the rows in file_rejections, those that nobody has settled.
    open_rejections bigint NOT NULL,
    problem_code text,
    problem_detail text,
    problem_line bigint,
    uploaded_by text NOT NULL,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    ended_at timestamptz,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, source_id) REFERENCES sources (client_id, id)
);
-- The same bytes again.
CREATE INDEX files_sha256 ON files (client_id, sha256);
-- What waits for a worker, whoever waits longest first.
CREATE INDEX files_waiting ON files (updated_at) WHERE ended_at IS NULL;

-- The rows of files that were not taken, each until somebody settles it.
CREATE TABLE file_rejections (
    client_id uuid NOT NULL,
    id uuid NOT NULL,
    file_id uuid NOT NULL,
    -- The line, or the place in a JSON array, from 1.
    place bigint NOT NULL,
    -- What stands there: a text, or cells as a JSON list.
    raw text,
    cells text,
    raw_cut boolean NOT NULL,
    code text NOT NULL,
    pointer text,
    detail text NOT NULL,
    state text NOT NULL,
    observation_id uuid,
    reason text,
    settled_by text,
    settled_at timestamptz,
    PRIMARY KEY (client_id, id),
    CONSTRAINT file_rejections_place_key UNIQUE (client_id, file_id, place),
    FOREIGN KEY (client_id, file_id) REFERENCES files (client_id, id)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['files', 'file_rejections'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY of_client ON %I TO baitline_client
             USING (client_id = ANY (string_to_array(
                 nullif(current_setting(''baitline.client_ids'', true), ''''), '','')::uuid[]))',
            name);
        EXECUTE format('CREATE POLICY of_all ON %I TO baitline_all USING (true)', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO baitline_all', name);
        EXECUTE format('GRANT SELECT, UPDATE ON %I TO baitline_client', name);
    END LOOP;
END
$$;
-- A client sends files and settles what was refused of them; only the worker
-- refuses.
GRANT INSERT ON files TO baitline_client;
