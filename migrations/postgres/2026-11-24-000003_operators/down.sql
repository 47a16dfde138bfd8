-- Changes that nobody would expand any more become ones that touch every day.
ALTER TABLE changes NO FORCE ROW LEVEL SECURITY;
UPDATE changes SET kind = 'client' WHERE kind = 'operators';
ALTER TABLE changes FORCE ROW LEVEL SECURITY;
DROP TABLE operator_entries;
