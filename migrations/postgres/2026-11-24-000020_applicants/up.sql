-- Who signs: contract holders of SIMs, with their representatives, the papers
-- that let these sign, and what the applicants consented to. Days are those of
-- the calendar, since 1970-01-01; a version counts the changes of a row.
CREATE TABLE applicants (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    short_name text,
    inn bigint,
    ogrn text,
    passport_number text,
    passport_issued_by text,
    passport_issued_on integer,
    legal_address text NOT NULL,
    reply_address text,
    email text,
    subject_code integer NOT NULL,
    note text,
    withdrawn_because text,
    version integer NOT NULL,
    author text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    -- A citizen is known by a passport, the others by both numbers.
    CONSTRAINT applicants_identity_check CHECK (CASE kind
        WHEN 'citizen' THEN ogrn IS NULL AND passport_number IS NOT NULL
            AND passport_issued_by IS NOT NULL AND passport_issued_on IS NOT NULL
        ELSE inn IS NOT NULL AND ogrn IS NOT NULL AND passport_number IS NULL
            AND passport_issued_by IS NULL AND passport_issued_on IS NULL END)
);
CREATE INDEX applicants_inn ON applicants (client_id, inn);

CREATE TABLE representatives (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    applicant_id uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    position text,
    phone bigint,
    email text,
    note text,
    withdrawn_because text,
    version integer NOT NULL,
    author text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, applicant_id) REFERENCES applicants (client_id, id)
);
CREATE INDEX representatives_applicant ON representatives (client_id, applicant_id, id);

CREATE TABLE powers_of_attorney (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    representative_id uuid NOT NULL,
    number text,
    issued_on integer NOT NULL,
    expires_on integer NOT NULL,
    powers text NOT NULL,
    revoked_on integer,
    revoked_because text,
    author text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, representative_id) REFERENCES representatives (client_id, id),
    CONSTRAINT powers_of_attorney_term_check CHECK (issued_on <= expires_on),
    CONSTRAINT powers_of_attorney_revocation_check
        CHECK ((revoked_on IS NULL) = (revoked_because IS NULL))
);
CREATE INDEX powers_of_attorney_representative ON powers_of_attorney (client_id, representative_id, id);

CREATE TABLE consents (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    applicant_id uuid NOT NULL,
    bait_id uuid,
    kind text NOT NULL,
    given_by text NOT NULL,
    given_on integer NOT NULL,
    expires_on integer,
    note text,
    revoked_on integer,
    revoked_because text,
    author text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, applicant_id) REFERENCES applicants (client_id, id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id),
    CONSTRAINT consents_term_check CHECK (given_on <= expires_on),
    CONSTRAINT consents_revocation_check
        CHECK ((revoked_on IS NULL) = (revoked_because IS NULL))
);
CREATE INDEX consents_applicant ON consents (client_id, applicant_id, id);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'applicants', 'representatives', 'powers_of_attorney', 'consents'
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

-- What the agency entered of a regional office beside the program's own list;
-- shared by all clients, like operators.
CREATE TABLE offices (
    subject_code integer NOT NULL,
    name text,
    address text,
    email text,
    note text,
    version integer NOT NULL,
    author text NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (subject_code)
);

GRANT SELECT ON offices TO baitline_client;
GRANT SELECT, INSERT, UPDATE, DELETE ON offices TO baitline_all;
