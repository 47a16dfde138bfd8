-- How many recordings the call's observations have; derived with the call.
ALTER TABLE calls ADD COLUMN recordings INTEGER NOT NULL DEFAULT 0;

-- The queue: by client, and over all clients for an agency's listeners. A condition
-- of the query is spelled as it stands here, or no database recognises it; of
-- indexes that serve alike, SQLite prefers the later one.
CREATE INDEX calls_unheard ON calls (client_id, started_at, id) WHERE label IS NULL AND recordings > 0;
CREATE INDEX calls_unheard_of_all ON calls (started_at, id) WHERE label IS NULL AND recordings > 0;
CREATE INDEX calls_unheard_interceptions ON calls (client_id, started_at, id) WHERE label IS NULL AND recordings > 0 AND trap_id IS NOT NULL AND NOT attempt;
CREATE INDEX calls_unheard_interceptions_of_all ON calls (started_at, id) WHERE label IS NULL AND recordings > 0 AND trap_id IS NOT NULL AND NOT attempt;

-- A timed transcript as JSON, and who listened where several people share a key.
ALTER TABLE labels ADD COLUMN segments TEXT;
ALTER TABLE labels ADD COLUMN listener TEXT;
CREATE INDEX labels_time ON labels (client_id, labelled_at, id);
CREATE INDEX labels_time_of_all ON labels (labelled_at, id);

-- Who listens to which call. It hangs on the observation that gives the call its
-- id; the worker moves it when another one comes first.
CREATE TABLE assignments (
    client_id BLOB NOT NULL,
    observation_id BLOB NOT NULL,
    assignee TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER,
    assigned_by TEXT NOT NULL,
    PRIMARY KEY (client_id, observation_id),
    FOREIGN KEY (client_id, observation_id) REFERENCES observations (client_id, id)
) STRICT;
CREATE INDEX assignments_assignee ON assignments (client_id, assignee);

-- Calls derived before know nothing of their recordings: every bucket is made
-- again.
INSERT INTO touched_buckets (client_id, day, id)
    SELECT client_id, day, randomblob(16) FROM buckets;
