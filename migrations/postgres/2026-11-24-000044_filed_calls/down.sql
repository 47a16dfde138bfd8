DROP INDEX complaint_calls_filed;
ALTER TABLE complaint_calls DROP COLUMN filed_as;
