-- Which baits a ledger row touched, packed; empty for the whole day. Nothing that
-- is judged rests on two baits, so a busy day is recomputed bait by bait.
ALTER TABLE touched_buckets ADD COLUMN baits BLOB;

-- Today's days before a backfill of months, whatever waits beside them.
CREATE INDEX touched_buckets_day ON touched_buckets (day, client_id);

-- A day's calls of some baits, and their tallies.
CREATE INDEX calls_bait ON calls (client_id, bait_id, started_at);
CREATE INDEX interception_tallies_bait ON interception_tallies (client_id, day, bait_id);
CREATE INDEX observations_bait ON observations (client_id, bait_id, occurred_at);

-- The first call of a bait to a number, without reading every call from it.
DROP INDEX calls_outgoing;
CREATE INDEX calls_outgoing ON calls (client_id, bait_id, party_number, started_at) WHERE direction = 'outgoing';

-- The traps of a period, however many came before; consents among all labels.
CREATE INDEX traps_started ON traps (client_id, started_at);
CREATE INDEX labels_consent ON labels (client_id, observation_id) WHERE consent_given;

-- The page of a number: a client's own calls with it, and the few that somebody
-- labelled, however many others there are.
CREATE INDEX calls_number_of_client ON calls (client_id, party_number, started_at, trap_id) WHERE party_number IS NOT NULL;
CREATE INDEX calls_labelled ON calls (party_number, started_at) WHERE label IS NOT NULL AND party_number IS NOT NULL;
