-- Letters to the operators of baits, one for an applicant and an operator. Days
-- are those of the calendar, since 1970-01-01.
CREATE TABLE inquiries (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    applicant_id BLOB NOT NULL,
    operator INTEGER NOT NULL,
    state TEXT NOT NULL,
    number TEXT,
    sent_on INTEGER,
    channel TEXT,
    tracking_number TEXT,
    remind_on INTEGER,
    answered_on INTEGER,
    reply_number TEXT,
    reply_dated_on INTEGER,
    unanswered_on INTEGER,
    because TEXT,
    note TEXT,
    version INTEGER NOT NULL,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, applicant_id) REFERENCES applicants (client_id, id),
    -- What was sent has its day and channel.
    CONSTRAINT inquiries_sending_check CHECK (state IN ('draft', 'cancelled')
        OR (sent_on IS NOT NULL AND channel IS NOT NULL)),
    CONSTRAINT inquiries_answer_check CHECK (state <> 'answered' OR answered_on IS NOT NULL)
) STRICT;
CREATE INDEX inquiries_applicant ON inquiries (client_id, applicant_id, id);
-- Whom to remind.
CREATE INDEX inquiries_reminder ON inquiries (client_id, remind_on, id) WHERE state = 'sent';

-- The calls that an inquiry asks about, and what was answered. A call is derived
-- and may be made again, so that no foreign key leads to it: its id is that of
-- one of its observations, by which it is found.
CREATE TABLE inquiry_calls (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    inquiry_id BLOB NOT NULL,
    call_id BLOB NOT NULL,
    bait_id BLOB NOT NULL,
    started_at INTEGER NOT NULL,
    caller INTEGER,
    -- The inquiry was given up, and another one may ask.
    released INTEGER NOT NULL,
    permission TEXT,
    contract TEXT,
    special_number INTEGER,
    consent_claimed INTEGER,
    note TEXT,
    PRIMARY KEY (client_id, inquiry_id, call_id),
    FOREIGN KEY (client_id, inquiry_id) REFERENCES inquiries (client_id, id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id)
) STRICT;
-- Nobody is asked twice.
CREATE UNIQUE INDEX inquiry_calls_call ON inquiry_calls (client_id, call_id) WHERE NOT released;
