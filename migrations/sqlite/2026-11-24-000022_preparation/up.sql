-- What must be known of a bait before its calls can be complained of. Days are
-- those of the calendar, since 1970-01-01.
CREATE TABLE bait_preparations (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    bait_id BLOB NOT NULL,
    applicant_id BLOB,
    user_name TEXT,
    user_relation TEXT,
    contract_number TEXT,
    contract_on INTEGER,
    refusal_on INTEGER,
    -- The consents that its accounts and contracts contain, as JSON; empty where
    -- nobody searched.
    found_consents TEXT,
    previous_use TEXT,
    previous_use_note TEXT,
    quiet_since INTEGER,
    note TEXT,
    version INTEGER NOT NULL,
    author TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, bait_id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id),
    FOREIGN KEY (client_id, applicant_id) REFERENCES applicants (client_id, id)
) STRICT;
CREATE INDEX bait_preparations_applicant ON bait_preparations (client_id, applicant_id);

-- The protocol of a trap: its steps as JSON.
CREATE TABLE trap_protocols (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    trap_id BLOB NOT NULL,
    performed_by TEXT,
    device TEXT,
    steps TEXT NOT NULL,
    note TEXT,
    version INTEGER NOT NULL,
    author TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, trap_id),
    FOREIGN KEY (client_id, trap_id) REFERENCES traps (client_id, id)
) STRICT;

-- When a SIM, whose number may stand with several clients, is in this one's use.
CREATE TABLE sim_assignments (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    bait_id BLOB NOT NULL,
    valid_from INTEGER NOT NULL,
    valid_to INTEGER,
    note TEXT,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id),
    -- An empty period takes an assignment back.
    CONSTRAINT sim_assignments_validity_check CHECK (valid_from <= valid_to)
) STRICT;
CREATE INDEX sim_assignments_bait ON sim_assignments (client_id, bait_id, id);

-- Whether traps need an assignment: so since the agency first assigned the number
-- to anybody.
ALTER TABLE baits ADD COLUMN by_assignment INTEGER NOT NULL DEFAULT 0;
-- The agency asks who has a number.
CREATE INDEX baits_number ON baits (number);
