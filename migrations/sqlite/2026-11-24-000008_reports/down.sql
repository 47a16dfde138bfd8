DELETE FROM interception_tallies;
ALTER TABLE interception_tallies DROP COLUMN caller;
ALTER TABLE interception_tallies ADD COLUMN caller INTEGER NOT NULL DEFAULT 0;
ALTER TABLE interception_tallies DROP COLUMN bait_operator;
ALTER TABLE interception_tallies DROP COLUMN competitors;
ALTER TABLE interception_tallies DROP COLUMN region;
ALTER TABLE calls DROP COLUMN competitors;
ALTER TABLE calls DROP COLUMN caller_region;

-- Every client's days are counted again.
INSERT INTO changes (client_id, id, kind) SELECT client_id, randomblob(16), 'client' FROM clients;
