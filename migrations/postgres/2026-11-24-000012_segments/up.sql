-- Immutable Parquet files of interceptions, each of one client and one UTC
-- month. The bytes are in the blob store, under their hash.
CREATE TABLE segments (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    -- Its first day, in days since 1970-01-01.
    month integer NOT NULL,
    sha256 bytea NOT NULL,
    bytes bigint NOT NULL,
    interceptions bigint NOT NULL,
    sealed_at timestamptz NOT NULL,
    -- Since when no report begins to read it. Its bytes stay for those that do.
    dropped_at timestamptz,
    PRIMARY KEY (client_id, id)
);

-- What the worker last derived of a bucket. A table of its own: the ingest adds
-- to buckets, and would wait for whoever changes a row there.
CREATE TABLE derived_days (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    day integer NOT NULL,
    month integer NOT NULL,
    -- Another one after each recomputation.
    version uuid NOT NULL,
    derived_at timestamptz NOT NULL,
    interceptions bigint NOT NULL,
    -- The file that holds rows of this day, be they of this version or not.
    segment_id uuid,
    -- Whether the day is read from the database: it has interceptions or had
    -- some in its file, and no file holds this version.
    unsealed boolean NOT NULL,
    PRIMARY KEY (client_id, day),
    FOREIGN KEY (client_id, segment_id) REFERENCES segments (client_id, id),
    CONSTRAINT derived_days_sealed_check CHECK (unsealed OR interceptions = 0 OR segment_id IS NOT NULL)
);
CREATE INDEX derived_days_unsealed ON derived_days (client_id, month, day) WHERE unsealed;

-- The small numbers that stand for ids in a client's segments. Never given to
-- another id, so that every file stays readable.
CREATE TABLE segment_ordinals (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    kind text NOT NULL,
    subject_id uuid NOT NULL,
    ordinal integer NOT NULL,
    PRIMARY KEY (client_id, kind, subject_id),
    CONSTRAINT segment_ordinals_key UNIQUE (client_id, kind, ordinal)
);

-- Which worker seals a client's days at present.
CREATE TABLE sealings (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    held_by uuid NOT NULL,
    held_until timestamptz NOT NULL,
    PRIMARY KEY (client_id)
);

-- Days derived before this migration are read from the database until they are sealed.
ALTER TABLE interception_tallies NO FORCE ROW LEVEL SECURITY;
INSERT INTO derived_days (client_id, day, month, version, derived_at, interceptions, segment_id, unsealed)
SELECT client_id, day, date_trunc('month', date '1970-01-01' + day)::date - date '1970-01-01',
    gen_random_uuid(), now(), sum(calls), NULL, true
FROM interception_tallies GROUP BY client_id, day;
ALTER TABLE interception_tallies FORCE ROW LEVEL SECURITY;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['segments', 'derived_days', 'segment_ordinals', 'sealings'] LOOP
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
