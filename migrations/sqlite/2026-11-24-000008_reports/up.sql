-- What the groupings of reports ask of an interception.
ALTER TABLE calls ADD COLUMN caller_region TEXT;
ALTER TABLE calls ADD COLUMN competitors BLOB NOT NULL DEFAULT x'';
DELETE FROM interception_tallies;
ALTER TABLE interception_tallies ADD COLUMN region TEXT;
ALTER TABLE interception_tallies ADD COLUMN competitors BLOB NOT NULL DEFAULT x'';
ALTER TABLE interception_tallies ADD COLUMN bait_operator INTEGER;
-- Absent for callers without a number, who form no offender.
ALTER TABLE interception_tallies DROP COLUMN caller;
ALTER TABLE interception_tallies ADD COLUMN caller INTEGER;

-- What was judged before knows none of these: every client's days are judged again.
INSERT INTO changes (client_id, id, kind) SELECT client_id, randomblob(16), 'client' FROM clients;
