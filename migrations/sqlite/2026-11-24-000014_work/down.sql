DROP INDEX labels_consent;
DROP INDEX traps_started;
DROP INDEX calls_outgoing;
CREATE INDEX calls_outgoing ON calls (client_id, bait_id, party_number) WHERE direction = 'outgoing';
DROP INDEX observations_bait;
DROP INDEX interception_tallies_bait;
DROP INDEX calls_bait;
DROP INDEX touched_buckets_day;
ALTER TABLE touched_buckets DROP COLUMN baits;
