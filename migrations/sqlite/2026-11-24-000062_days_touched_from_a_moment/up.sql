-- From which moment on a ledger row touched its day; empty for all of it. A call that
-- comes in cannot change what came hours before.
ALTER TABLE touched_buckets ADD COLUMN since INTEGER;

-- The tallies of single callers of a bait, however many others it has.
DROP INDEX interception_tallies_bait;
CREATE INDEX interception_tallies_pair ON interception_tallies (client_id, day, bait_id, caller);
