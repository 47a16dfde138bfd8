-- What was voided takes part again, so every client's days are derived again.
INSERT INTO changes (client_id, id, kind) SELECT client_id, randomblob(16), 'client' FROM clients;
-- Times and baits that were amended stay as amended: what they follow from goes.
DROP TABLE observation_corrections;
ALTER TABLE observations DROP COLUMN voided;
ALTER TABLE observations DROP COLUMN amended;
