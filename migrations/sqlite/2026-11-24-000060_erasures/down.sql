ALTER TABLE files DROP COLUMN erased_at;
DROP TABLE erasure_commitments;
DROP TABLE erasure_days;
DROP TABLE erasures;
DROP TABLE legal_holds;
DROP TABLE retentions;
