-- Who lures the client's customers, and which numbers are theirs.
CREATE TABLE competitors (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    name text NOT NULL,
    inn bigint,
    ogrn text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    CONSTRAINT competitors_inn_key UNIQUE (client_id, inn)
);

CREATE TABLE attributions (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    competitor_id uuid NOT NULL,
    number bigint NOT NULL,
    role text NOT NULL,
    ground text NOT NULL,
    valid_from timestamptz,
    valid_to timestamptz,
    author text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, competitor_id) REFERENCES competitors (client_id, id),
    -- An empty period takes an attribution back.
    CONSTRAINT attributions_validity_check CHECK (valid_from <= valid_to)
);
CREATE INDEX attributions_number ON attributions (client_id, number, id);
CREATE INDEX attributions_competitor ON attributions (client_id, competitor_id, id);

-- Numbers the client takes calls from and does not complain of.
CREATE TABLE allow_list (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    number bigint NOT NULL,
    reason text NOT NULL,
    author text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    -- An empty period takes an entry back.
    CONSTRAINT allow_list_validity_check CHECK (since <= until)
);

-- Dealings of a bait with a competitor that no record of its calls shows.
CREATE TABLE contaminations (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    bait_id uuid NOT NULL,
    kind text NOT NULL,
    occurred_at timestamptz NOT NULL,
    number bigint,
    competitor_id uuid,
    note text,
    author text NOT NULL,
    withdrawn_because text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id),
    FOREIGN KEY (client_id, competitor_id) REFERENCES competitors (client_id, id),
    -- A call went to a number, a visit to a competitor.
    CONSTRAINT contaminations_target_check CHECK ((number IS NULL) <> (competitor_id IS NULL))
);
CREATE INDEX contaminations_bait ON contaminations (client_id, bait_id, occurred_at);

-- What look-ups in the portability database said, under the client's own access.
CREATE TABLE portability_answers (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    number bigint NOT NULL,
    operator bigint NOT NULL,
    source text NOT NULL,
    looked_up_at timestamptz NOT NULL,
    ported_at timestamptz,
    author text NOT NULL,
    withdrawn_because text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    -- One look-up has one answer; the order serves the search by number as well.
    CONSTRAINT portability_answers_look_up_key UNIQUE (client_id, number, source, looked_up_at),
    CONSTRAINT portability_answers_port_check CHECK (ported_at <= looked_up_at)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'competitors', 'attributions', 'allow_list', 'contaminations', 'portability_answers'
    ] LOOP
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
