DROP TABLE export_files;
ALTER TABLE export_packages DROP COLUMN crc32;
ALTER TABLE exports DROP COLUMN attempts_in_vain;
ALTER TABLE exports DROP COLUMN planned_at;
