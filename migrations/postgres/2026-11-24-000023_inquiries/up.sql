-- Letters to the operators of baits, one for an applicant and an operator. Days
-- are those of the calendar, since 1970-01-01.
CREATE TABLE inquiries (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    applicant_id uuid NOT NULL,
    operator bigint NOT NULL,
    state text NOT NULL,
    number text,
    sent_on integer,
    channel text,
    tracking_number text,
    remind_on integer,
    answered_on integer,
    reply_number text,
    reply_dated_on integer,
    unanswered_on integer,
    because text,
    note text,
    version integer NOT NULL,
    author text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, applicant_id) REFERENCES applicants (client_id, id),
    -- What was sent has its day and channel.
    CONSTRAINT inquiries_sending_check CHECK (state IN ('draft', 'cancelled')
        OR (sent_on IS NOT NULL AND channel IS NOT NULL)),
    CONSTRAINT inquiries_answer_check CHECK (state <> 'answered' OR answered_on IS NOT NULL)
);
CREATE INDEX inquiries_applicant ON inquiries (client_id, applicant_id, id);
-- Whom to remind.
CREATE INDEX inquiries_reminder ON inquiries (client_id, remind_on, id) WHERE state = 'sent';

-- The calls that an inquiry asks about, and what was answered. A call is derived
-- and may be made again, so that no foreign key leads to it: its id is that of
-- one of its observations, by which it is found.
CREATE TABLE inquiry_calls (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    inquiry_id uuid NOT NULL,
    call_id uuid NOT NULL,
    bait_id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    caller bigint,
    -- The inquiry was given up, and another one may ask.
    released boolean NOT NULL,
    permission text,
    contract text,
    special_number boolean,
    consent_claimed boolean,
    note text,
    PRIMARY KEY (client_id, inquiry_id, call_id),
    FOREIGN KEY (client_id, inquiry_id) REFERENCES inquiries (client_id, id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id)
);
-- Nobody is asked twice.
CREATE UNIQUE INDEX inquiry_calls_call ON inquiry_calls (client_id, call_id) WHERE NOT released;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['inquiries', 'inquiry_calls'] LOOP
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
