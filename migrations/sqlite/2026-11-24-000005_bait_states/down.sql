DROP INDEX calls_outgoing;
DROP INDEX traps_window;
ALTER TABLE baits DROP COLUMN retired_because;
ALTER TABLE baits DROP COLUMN retired_at;
