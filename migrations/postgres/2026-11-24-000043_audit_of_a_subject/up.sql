-- The agency asks what was done to a thing without saying whose it is.
DROP INDEX audit_entries_subject;
CREATE INDEX audit_entries_subject ON audit_entries (subject, client_id, sequence);
