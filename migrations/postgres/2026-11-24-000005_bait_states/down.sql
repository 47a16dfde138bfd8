-- A change of many baits becomes one of each.
ALTER TABLE baits NO FORCE ROW LEVEL SECURITY;
ALTER TABLE changes NO FORCE ROW LEVEL SECURITY;
INSERT INTO changes (client_id, id, kind, subject_id)
    SELECT client_id, gen_random_uuid(), 'bait', id FROM baits
    WHERE client_id IN (SELECT client_id FROM changes WHERE kind = 'bait' AND subject_id IS NULL);
DELETE FROM changes WHERE kind = 'bait' AND subject_id IS NULL;
ALTER TABLE baits FORCE ROW LEVEL SECURITY;
ALTER TABLE changes FORCE ROW LEVEL SECURITY;
DROP INDEX calls_outgoing;
DROP INDEX traps_window;
ALTER TABLE baits DROP COLUMN retired_because;
ALTER TABLE baits DROP COLUMN retired_at;
