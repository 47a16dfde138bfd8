-- Complaints, one for an applicant, an office and what the lawyer chose to put
-- together. Days are those of the calendar, since 1970-01-01. The state is a copy
-- of what the ledger of acts comes to.
CREATE TABLE complaints (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    applicant_id uuid NOT NULL,
    representative_id uuid,
    power_id uuid,
    subject_code integer NOT NULL,
    grouping_by text NOT NULL,
    number bigint,
    competitor_id uuid,
    state text NOT NULL,
    advertising_case text,
    administrative_case text,
    outcome text,
    filed_on integer,
    channel text,
    tracking_number text,
    incoming_number text,
    -- The earliest limitation date of its calls.
    limit_on integer NOT NULL,
    note text,
    version integer NOT NULL,
    author text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, applicant_id) REFERENCES applicants (client_id, id),
    FOREIGN KEY (client_id, representative_id) REFERENCES representatives (client_id, id),
    FOREIGN KEY (client_id, power_id) REFERENCES powers_of_attorney (client_id, id),
    FOREIGN KEY (client_id, competitor_id) REFERENCES competitors (client_id, id),
    -- What was filed has its day and channel.
    CONSTRAINT complaints_filing_check CHECK (state IN ('draft', 'ready', 'withdrawn')
        OR (filed_on IS NOT NULL AND channel IS NOT NULL)),
    CONSTRAINT complaints_power_check CHECK (power_id IS NULL OR representative_id IS NOT NULL)
);
CREATE INDEX complaints_limit ON complaints (client_id, limit_on, id)
    WHERE state IN ('draft', 'ready');

-- The calls of a complaint and what came of each. A call is derived and may be
-- made again, so that no foreign key leads to it: its id is that of one of its
-- observations, by which it is found.
CREATE TABLE complaint_calls (
    client_id uuid NOT NULL,
    complaint_id uuid NOT NULL,
    call_id uuid NOT NULL,
    bait_id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    caller bigint NOT NULL,
    -- It was taken out before the complaint was filed.
    removed boolean NOT NULL,
    -- It was taken out, or the complaint was returned or withdrawn: another
    -- complaint may be made of it.
    released boolean NOT NULL,
    decision text,
    fine_kopecks bigint,
    fined_party text,
    fine_paid_on integer,
    PRIMARY KEY (client_id, complaint_id, call_id),
    FOREIGN KEY (client_id, complaint_id) REFERENCES complaints (client_id, id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id),
    CONSTRAINT complaint_calls_fine_check CHECK (
        (fine_kopecks IS NULL) = (fined_party IS NULL)
        AND (fine_kopecks IS NOT NULL OR fine_paid_on IS NULL))
);
CREATE INDEX complaint_calls_call ON complaint_calls (client_id, call_id) WHERE NOT released;
CREATE INDEX complaint_calls_caller ON complaint_calls (caller, client_id);

-- What filed complaints hold. Every observation of a call stands here, so that
-- no call is filed twice under the ids of two of them.
CREATE TABLE complaint_holds (
    client_id uuid NOT NULL,
    complaint_id uuid NOT NULL,
    observation_id uuid NOT NULL,
    call_id uuid NOT NULL,
    released boolean NOT NULL,
    PRIMARY KEY (client_id, complaint_id, observation_id),
    FOREIGN KEY (client_id, complaint_id, call_id)
        REFERENCES complaint_calls (client_id, complaint_id, call_id)
);
-- No interception in two filed complaints.
CREATE UNIQUE INDEX complaint_holds_observation ON complaint_holds (client_id, observation_id)
    WHERE NOT released;

-- The ledger. Nothing in it is changed or deleted.
CREATE TABLE complaint_acts (
    client_id uuid NOT NULL,
    complaint_id uuid NOT NULL,
    place integer NOT NULL,
    kind text NOT NULL,
    on_day integer NOT NULL,
    case_number text,
    outcome text,
    appeal text,
    channel text,
    tracking_number text,
    incoming_number text,
    -- What the office says is missing, as a JSON list of code words.
    missing text,
    note text,
    author text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, complaint_id, place),
    FOREIGN KEY (client_id, complaint_id) REFERENCES complaints (client_id, id)
);

-- Until when something has to be answered, attended or contested.
CREATE TABLE complaint_deadlines (
    client_id uuid NOT NULL,
    id uuid NOT NULL,
    complaint_id uuid NOT NULL,
    kind text NOT NULL,
    due_on integer NOT NULL,
    done_on integer,
    note text,
    version integer NOT NULL,
    author text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, complaint_id) REFERENCES complaints (client_id, id)
);
CREATE INDEX complaint_deadlines_complaint ON complaint_deadlines (client_id, complaint_id);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['complaints', 'complaint_calls', 'complaint_holds',
        'complaint_acts', 'complaint_deadlines'] LOOP
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
-- The ledger is written once.
REVOKE UPDATE ON complaint_acts FROM baitline_client;
