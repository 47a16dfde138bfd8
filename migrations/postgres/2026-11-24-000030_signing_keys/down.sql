ALTER TABLE export_packages DROP COLUMN signed_by;
DROP TABLE signing_keys;
