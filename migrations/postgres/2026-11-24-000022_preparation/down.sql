DROP INDEX baits_number;
ALTER TABLE baits DROP COLUMN by_assignment;
DROP TABLE sim_assignments, trap_protocols, bait_preparations;
