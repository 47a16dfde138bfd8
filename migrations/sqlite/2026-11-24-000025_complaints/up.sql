-- Complaints, one for an applicant, an office and what the lawyer chose to put
-- together. Days are those of the calendar, since 1970-01-01. The state is a copy
-- of what the ledger of acts comes to.
CREATE TABLE complaints (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    applicant_id BLOB NOT NULL,
    representative_id BLOB,
    power_id BLOB,
    subject_code INTEGER NOT NULL,
    grouping_by TEXT NOT NULL,
    number INTEGER,
    competitor_id BLOB,
    state TEXT NOT NULL,
    advertising_case TEXT,
    administrative_case TEXT,
    outcome TEXT,
    filed_on INTEGER,
    channel TEXT,
    tracking_number TEXT,
    incoming_number TEXT,
    -- The earliest limitation date of its calls.
    limit_on INTEGER NOT NULL,
    note TEXT,
    version INTEGER NOT NULL,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, applicant_id) REFERENCES applicants (client_id, id),
    FOREIGN KEY (client_id, representative_id) REFERENCES representatives (client_id, id),
    FOREIGN KEY (client_id, power_id) REFERENCES powers_of_attorney (client_id, id),
    FOREIGN KEY (client_id, competitor_id) REFERENCES competitors (client_id, id),
    -- What was filed has its day and channel.
    CONSTRAINT complaints_filing_check CHECK (state IN ('draft', 'ready', 'withdrawn')
        OR (filed_on IS NOT NULL AND channel IS NOT NULL)),
    CONSTRAINT complaints_power_check CHECK (power_id IS NULL OR representative_id IS NOT NULL)
) STRICT;
CREATE INDEX complaints_limit ON complaints (client_id, limit_on, id)
    WHERE state IN ('draft', 'ready');

-- The calls of a complaint and what came of each. A call is derived and may be
-- made again, so that no foreign key leads to it: its id is that of one of its
-- observations, by which it is found.
CREATE TABLE complaint_calls (
    client_id BLOB NOT NULL,
    complaint_id BLOB NOT NULL,
    call_id BLOB NOT NULL,
    bait_id BLOB NOT NULL,
    started_at INTEGER NOT NULL,
    caller INTEGER NOT NULL,
    -- It was taken out before the complaint was filed.
    removed INTEGER NOT NULL,
    -- It was taken out, or the complaint was returned or withdrawn: another
    -- complaint may be made of it.
    released INTEGER NOT NULL,
    decision TEXT,
    fine_kopecks INTEGER,
    fined_party TEXT,
    fine_paid_on INTEGER,
    PRIMARY KEY (client_id, complaint_id, call_id),
    FOREIGN KEY (client_id, complaint_id) REFERENCES complaints (client_id, id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id),
    CONSTRAINT complaint_calls_fine_check CHECK (
        (fine_kopecks IS NULL) = (fined_party IS NULL)
        AND (fine_kopecks IS NOT NULL OR fine_paid_on IS NULL))
) STRICT;
CREATE INDEX complaint_calls_call ON complaint_calls (client_id, call_id) WHERE NOT released;
CREATE INDEX complaint_calls_caller ON complaint_calls (caller, client_id);

-- What filed complaints hold. Every observation of a call stands here, so that
-- no call is filed twice under the ids of two of them.
CREATE TABLE complaint_holds (
    client_id BLOB NOT NULL,
    complaint_id BLOB NOT NULL,
    observation_id BLOB NOT NULL,
    call_id BLOB NOT NULL,
    released INTEGER NOT NULL,
    PRIMARY KEY (client_id, complaint_id, observation_id),
    FOREIGN KEY (client_id, complaint_id, call_id)
        REFERENCES complaint_calls (client_id, complaint_id, call_id)
) STRICT;
-- No interception in two filed complaints.
CREATE UNIQUE INDEX complaint_holds_observation ON complaint_holds (client_id, observation_id)
    WHERE NOT released;

-- The ledger. Nothing in it is changed or deleted.
CREATE TABLE complaint_acts (
    client_id BLOB NOT NULL,
    complaint_id BLOB NOT NULL,
    place INTEGER NOT NULL,
    kind TEXT NOT NULL,
    on_day INTEGER NOT NULL,
    case_number TEXT,
    outcome TEXT,
    appeal TEXT,
    channel TEXT,
    tracking_number TEXT,
    incoming_number TEXT,
    -- What the office says is missing, as a JSON list of code words.
    missing TEXT,
    note TEXT,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, complaint_id, place),
    FOREIGN KEY (client_id, complaint_id) REFERENCES complaints (client_id, id)
) STRICT;

-- Until when something has to be answered, attended or contested.
CREATE TABLE complaint_deadlines (
    client_id BLOB NOT NULL,
    id BLOB NOT NULL,
    complaint_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    due_on INTEGER NOT NULL,
    done_on INTEGER,
    note TEXT,
    version INTEGER NOT NULL,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, complaint_id) REFERENCES complaints (client_id, id)
) STRICT;
CREATE INDEX complaint_deadlines_complaint ON complaint_deadlines (client_id, complaint_id);
