-- A change of many baits becomes one of each.
INSERT INTO changes (client_id, id, kind, subject_id)
    SELECT client_id, randomblob(16), 'bait', id FROM baits
    WHERE client_id IN (SELECT client_id FROM changes WHERE kind = 'bait' AND subject_id IS NULL);
DELETE FROM changes WHERE kind = 'bait' AND subject_id IS NULL;
DROP INDEX calls_outgoing;
DROP INDEX traps_window;
ALTER TABLE baits DROP COLUMN retired_because;
ALTER TABLE baits DROP COLUMN retired_at;
