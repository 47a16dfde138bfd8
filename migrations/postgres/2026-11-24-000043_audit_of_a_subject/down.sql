DROP INDEX audit_entries_subject;
CREATE INDEX audit_entries_subject ON audit_entries (client_id, subject, sequence);
