ALTER TABLE exports DROP COLUMN waits_for;
ALTER TABLE exports DROP COLUMN waits_until;
ALTER TABLE exports DROP COLUMN stamp_failures;
ALTER TABLE export_packages DROP COLUMN stamped_at;
ALTER TABLE export_packages DROP COLUMN time_stamp;
