-- How many recordings the call's observations have; derived with the call.
ALTER TABLE calls ADD COLUMN recordings integer NOT NULL DEFAULT 0;

-- The queue: by client, and over all clients for an agency's listeners. A condition
-- of the query is spelled as it stands here, or no database recognises it; of
-- indexes that serve alike, SQLite prefers the later one.
CREATE INDEX calls_unheard ON calls (client_id, started_at, id) WHERE label IS NULL AND recordings > 0;
CREATE INDEX calls_unheard_of_all ON calls (started_at, id) WHERE label IS NULL AND recordings > 0;
CREATE INDEX calls_unheard_interceptions ON calls (client_id, started_at, id) WHERE label IS NULL AND recordings > 0 AND trap_id IS NOT NULL AND NOT attempt;
CREATE INDEX calls_unheard_interceptions_of_all ON calls (started_at, id) WHERE label IS NULL AND recordings > 0 AND trap_id IS NOT NULL AND NOT attempt;

-- A timed transcript as JSON, and who listened where several people share a key.
ALTER TABLE labels ADD COLUMN segments text, ADD COLUMN listener text;
CREATE INDEX labels_time ON labels (client_id, labelled_at, id);
CREATE INDEX labels_time_of_all ON labels (labelled_at, id);

-- Who listens to which call. It hangs on the observation that gives the call its
-- id; the worker moves it when another one comes first.
CREATE TABLE assignments (
    client_id uuid NOT NULL,
    observation_id uuid NOT NULL,
    assignee text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz,
    assigned_by text NOT NULL,
    PRIMARY KEY (client_id, observation_id),
    FOREIGN KEY (client_id, observation_id) REFERENCES observations (client_id, id)
);
CREATE INDEX assignments_assignee ON assignments (client_id, assignee);

ALTER TABLE assignments ENABLE ROW LEVEL SECURITY;
ALTER TABLE assignments FORCE ROW LEVEL SECURITY;
CREATE POLICY of_client ON assignments TO baitline_client
    USING (client_id = ANY (string_to_array(
        nullif(current_setting('baitline.client_ids', true), ''), ',')::uuid[]));
CREATE POLICY of_all ON assignments TO baitline_all USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON assignments TO baitline_all;
GRANT SELECT, INSERT, UPDATE ON assignments TO baitline_client;

-- Calls derived before know nothing of their recordings: every bucket is made
-- again. The policies bind the owner too, but for these two statements.
ALTER TABLE buckets NO FORCE ROW LEVEL SECURITY;
ALTER TABLE touched_buckets NO FORCE ROW LEVEL SECURITY;
INSERT INTO touched_buckets (client_id, day, id)
    SELECT client_id, day, gen_random_uuid() FROM buckets;
ALTER TABLE buckets FORCE ROW LEVEL SECURITY;
ALTER TABLE touched_buckets FORCE ROW LEVEL SECURITY;
