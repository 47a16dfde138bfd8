-- What must be known of a bait before its calls can be complained of. Days are
-- those of the calendar, since 1970-01-01.
CREATE TABLE bait_preparations (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    bait_id uuid NOT NULL,
    applicant_id uuid,
    user_name text,
    user_relation text,
    contract_number text,
    contract_on integer,
    refusal_on integer,
    -- The consents that its accounts and contracts contain, as JSON; empty where
    -- nobody searched.
    found_consents text,
    previous_use text,
    previous_use_note text,
    quiet_since integer,
    note text,
    version integer NOT NULL,
    author text NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, bait_id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id),
    FOREIGN KEY (client_id, applicant_id) REFERENCES applicants (client_id, id)
);
CREATE INDEX bait_preparations_applicant ON bait_preparations (client_id, applicant_id);

-- The protocol of a trap: its steps as JSON.
CREATE TABLE trap_protocols (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    trap_id uuid NOT NULL,
    performed_by text,
    device text,
    steps text NOT NULL,
    note text,
    version integer NOT NULL,
    author text NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, trap_id),
    FOREIGN KEY (client_id, trap_id) REFERENCES traps (client_id, id)
);

-- When a SIM, whose number may stand with several clients, is in this one's use.
CREATE TABLE sim_assignments (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    bait_id uuid NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz,
    note text,
    author text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id),
    -- An empty period takes an assignment back.
    CONSTRAINT sim_assignments_validity_check CHECK (valid_from <= valid_to)
);
CREATE INDEX sim_assignments_bait ON sim_assignments (client_id, bait_id, id);

-- Whether traps need an assignment: so since the agency first assigned the number
-- to anybody.
ALTER TABLE baits ADD COLUMN by_assignment boolean NOT NULL DEFAULT false;
-- The agency asks who has a number.
CREATE INDEX baits_number ON baits (number);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['bait_preparations', 'trap_protocols', 'sim_assignments'] LOOP
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

-- Only the agency assigns SIMs.
REVOKE INSERT, UPDATE ON sim_assignments FROM baitline_client;
