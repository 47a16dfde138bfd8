-- What the groupings of reports ask of an interception.
ALTER TABLE calls
    ADD COLUMN caller_region text,
    ADD COLUMN competitors bytea NOT NULL DEFAULT '';
ALTER TABLE interception_tallies
    ADD COLUMN region text,
    ADD COLUMN competitors bytea NOT NULL DEFAULT '',
    ADD COLUMN bait_operator bigint,
    -- Absent for callers without a number, who form no offender.
    ALTER COLUMN caller DROP NOT NULL;

-- What was judged before knows none of these: every client's days are judged again. The owner writes past the policies for this.
TRUNCATE interception_tallies;
ALTER TABLE clients NO FORCE ROW LEVEL SECURITY;
ALTER TABLE changes NO FORCE ROW LEVEL SECURITY;
INSERT INTO changes (client_id, id, kind) SELECT client_id, gen_random_uuid(), 'client' FROM clients;
ALTER TABLE clients FORCE ROW LEVEL SECURITY;
ALTER TABLE changes FORCE ROW LEVEL SECURITY;
