-- Where the client's chain of the audit had come to when the package was planned, so
-- that building it again says the same. Absent in packages planned before.
ALTER TABLE export_packages ADD COLUMN audit_sequence bigint;
ALTER TABLE export_packages ADD COLUMN audit_hash bytea;
