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
             USING (client_id = ANY (string_to_array(
                 nullif(current_setting(''baitline.client_ids'', true), ''''), '','')::uuid[]))',
            bound.schemaname, bound.tablename);
    END LOOP;
END
$$;
