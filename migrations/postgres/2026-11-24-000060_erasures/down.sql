REVOKE UPDATE (salt) ON audit_waiting, audit_entries FROM baitline_all;
ALTER TABLE files DROP COLUMN erased_at;
DROP TABLE erasure_commitments, erasure_days, erasures, legal_holds, retentions;
