DROP FUNCTION audit_row() CASCADE;
DROP TABLE audit_heads;
DROP TABLE audit_entries;
DROP TABLE audit_waiting;
