DROP INDEX interception_tallies_pair;
CREATE INDEX interception_tallies_bait ON interception_tallies (client_id, day, bait_id);
ALTER TABLE touched_buckets DROP COLUMN since;
