-- What was voided takes part again, so every client's days are derived again.
ALTER TABLE clients NO FORCE ROW LEVEL SECURITY;
ALTER TABLE changes NO FORCE ROW LEVEL SECURITY;
INSERT INTO changes (client_id, id, kind) SELECT client_id, gen_random_uuid(), 'client' FROM clients;
ALTER TABLE clients FORCE ROW LEVEL SECURITY;
ALTER TABLE changes FORCE ROW LEVEL SECURITY;
-- Times and baits that were amended stay as amended: what they follow from goes.
DROP TABLE observation_corrections;
ALTER TABLE observations DROP COLUMN voided;
ALTER TABLE observations DROP COLUMN amended;
