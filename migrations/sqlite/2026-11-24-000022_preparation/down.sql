DROP INDEX baits_number;
ALTER TABLE baits DROP COLUMN by_assignment;
DROP TABLE sim_assignments;
DROP TABLE trap_protocols;
DROP TABLE bait_preparations;
