ALTER TABLE export_packages DROP COLUMN audit_hash;
ALTER TABLE export_packages DROP COLUMN audit_sequence;
