-- Changes that nobody would expand any more become ones that touch every day.
UPDATE changes SET kind = 'client' WHERE kind = 'operators';
DROP TABLE operator_entries;
