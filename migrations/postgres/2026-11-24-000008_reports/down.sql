-- Every client's days are counted again. The owner writes past the policies for this.
TRUNCATE interception_tallies;
ALTER TABLE clients NO FORCE ROW LEVEL SECURITY;
ALTER TABLE changes NO FORCE ROW LEVEL SECURITY;
INSERT INTO changes (client_id, id, kind) SELECT client_id, gen_random_uuid(), 'client' FROM clients;
ALTER TABLE clients FORCE ROW LEVEL SECURITY;
ALTER TABLE changes FORCE ROW LEVEL SECURITY;

ALTER TABLE interception_tallies
    ALTER COLUMN caller SET NOT NULL,
    DROP COLUMN bait_operator,
    DROP COLUMN competitors,
    DROP COLUMN region;
ALTER TABLE calls DROP COLUMN competitors, DROP COLUMN caller_region;
