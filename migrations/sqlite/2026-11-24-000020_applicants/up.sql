-- Who signs: contract holders of SIMs, with their representatives, the papers
-- that let these sign, and what the applicants consented to. Days are those of
-- the calendar, since 1970-01-01; a version counts the changes of a row.
CREATE TABLE applicants (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    short_name TEXT,
    inn INTEGER,
    ogrn TEXT,
    passport_number TEXT,
    passport_issued_by TEXT,
    passport_issued_on INTEGER,
    legal_address TEXT NOT NULL,
    reply_address TEXT,
    email TEXT,
    subject_code INTEGER NOT NULL,
    note TEXT,
    withdrawn_because TEXT,
    version INTEGER NOT NULL,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    -- A citizen is known by a passport, the others by both numbers.
    CONSTRAINT applicants_identity_check CHECK (CASE kind
        WHEN 'citizen' THEN ogrn IS NULL AND passport_number IS NOT NULL
            AND passport_issued_by IS NOT NULL AND passport_issued_on IS NOT NULL
        ELSE inn IS NOT NULL AND ogrn IS NOT NULL AND passport_number IS NULL
            AND passport_issued_by IS NULL AND passport_issued_on IS NULL END)
) STRICT;
CREATE INDEX applicants_inn ON applicants (client_id, inn);

CREATE TABLE representatives (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    applicant_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    position TEXT,
    phone INTEGER,
    email TEXT,
    note TEXT,
    withdrawn_because TEXT,
    version INTEGER NOT NULL,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, applicant_id) REFERENCES applicants (client_id, id)
) STRICT;
CREATE INDEX representatives_applicant ON representatives (client_id, applicant_id, id);

CREATE TABLE powers_of_attorney (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    representative_id BLOB NOT NULL,
    number TEXT,
    issued_on INTEGER NOT NULL,
    expires_on INTEGER NOT NULL,
    powers TEXT NOT NULL,
    revoked_on INTEGER,
    revoked_because TEXT,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, representative_id) REFERENCES representatives (client_id, id),
    CONSTRAINT powers_of_attorney_term_check CHECK (issued_on <= expires_on),
    CONSTRAINT powers_of_attorney_revocation_check
        CHECK ((revoked_on IS NULL) = (revoked_because IS NULL))
) STRICT;
CREATE INDEX powers_of_attorney_representative ON powers_of_attorney (client_id, representative_id, id);

CREATE TABLE consents (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    applicant_id BLOB NOT NULL,
    bait_id BLOB,
    kind TEXT NOT NULL,
    given_by TEXT NOT NULL,
    given_on INTEGER NOT NULL,
    expires_on INTEGER,
    note TEXT,
    revoked_on INTEGER,
    revoked_because TEXT,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, applicant_id) REFERENCES applicants (client_id, id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id),
    CONSTRAINT consents_term_check CHECK (given_on <= expires_on),
    CONSTRAINT consents_revocation_check
        CHECK ((revoked_on IS NULL) = (revoked_because IS NULL))
) STRICT;
CREATE INDEX consents_applicant ON consents (client_id, applicant_id, id);

-- What the agency entered of a regional office beside the program's own list;
-- shared by all clients, like operators.
CREATE TABLE offices (
    subject_code INTEGER NOT NULL,
    name TEXT,
    address TEXT,
    email TEXT,
    note TEXT,
    version INTEGER NOT NULL,
    author TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (subject_code)
) STRICT;
