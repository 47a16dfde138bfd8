-- A transaction of a client is one client's, and a policy that compares with one
-- value says so to the planner: the list it read before counted as ten clients, so
-- an index that begins with the client looked ten times as dear, and the number of
-- a client was looked up among everybody's. Compared with one value, the policy is
-- asked once for each statement that names the client, and not once for each row.
-- Anything but one id is an error, and shows nothing.
DO $$
DECLARE
    bound record;
BEGIN
    FOR bound IN
        SELECT schemaname, tablename FROM pg_policies
        WHERE schemaname = current_schema() AND policyname = 'of_client'
    LOOP
        EXECUTE format(
            'ALTER POLICY of_client ON %I.%I
             USING (client_id = nullif(current_setting(''baitline.client_ids'', true), '''')::uuid)',
            bound.schemaname, bound.tablename);
    END LOOP;
END
$$;
