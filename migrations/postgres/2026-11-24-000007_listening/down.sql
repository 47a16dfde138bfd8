DROP TABLE assignments;
DROP INDEX labels_time_of_all, labels_time;
ALTER TABLE labels DROP COLUMN listener, DROP COLUMN segments;
DROP INDEX calls_unheard_of_all, calls_unheard;
DROP INDEX calls_unheard_interceptions_of_all, calls_unheard_interceptions;
ALTER TABLE calls DROP COLUMN recordings;
