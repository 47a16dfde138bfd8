-- Who did what to which evidence. A row is written in the transaction of the act,
-- by a trigger or by the program, and waits here until the worker chains it. No
-- foreign keys: what is of no one client has the nil id.
CREATE TABLE audit_waiting (
    client_id uuid NOT NULL,
    id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    actor text NOT NULL,
    act text NOT NULL,
    noun text NOT NULL,
    subject text NOT NULL,
    change text NOT NULL,
    items bigint NOT NULL,
    salt bytea NOT NULL,
    -- SHA-256 of the salt and of what the act left.
    digest bytea NOT NULL,
    PRIMARY KEY (client_id, id)
);

-- The chains. Nothing in the program changes or deletes a row, nor may its roles.
CREATE TABLE audit_entries (
    client_id uuid NOT NULL,
    -- From 1, without gaps.
    sequence bigint NOT NULL,
    occurred_at timestamptz NOT NULL,
    actor text NOT NULL,
    act text NOT NULL,
    noun text NOT NULL,
    subject text NOT NULL,
    change text NOT NULL,
    items bigint NOT NULL,
    salt bytea NOT NULL,
    digest bytea NOT NULL,
    -- SHA-256 of the hash before and of the columns above but the salt, which can be
    -- forgotten.
    hash bytea NOT NULL,
    PRIMARY KEY (client_id, sequence)
);
CREATE INDEX audit_entries_subject ON audit_entries (client_id, subject, sequence);

-- Where each chain has come to.
CREATE TABLE audit_heads (
    client_id uuid NOT NULL,
    sequence bigint NOT NULL,
    hash bytea NOT NULL,
    sealed_at timestamptz NOT NULL,
    PRIMARY KEY (client_id)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['audit_waiting', 'audit_entries', 'audit_heads'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY of_client ON %I TO baitline_client
             USING (client_id = ANY (string_to_array(
                 nullif(current_setting(''baitline.client_ids'', true), ''''), '','')::uuid[]))',
            name);
        EXECUTE format('CREATE POLICY of_all ON %I TO baitline_all USING (true)', name);
        EXECUTE format('GRANT SELECT ON %I TO baitline_client, baitline_all', name);
        EXECUTE format('GRANT INSERT ON %I TO baitline_all', name);
    END LOOP;
END
$$;
GRANT INSERT ON audit_waiting TO baitline_client;
GRANT DELETE ON audit_waiting TO baitline_all;
GRANT UPDATE ON audit_heads TO baitline_all;

-- Writes the row of a row's change. Arguments: what the table's rows are called, the
-- column of their id, and columns whose change alone is none. Which tables have it,
-- the program says after each migration.
CREATE FUNCTION audit_row() RETURNS trigger LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
    ignored text[] := string_to_array(TG_ARGV[2], ',');
    old_row jsonb;
    new_row jsonb;
    content jsonb;
    micros bigint := extract(epoch FROM clock_timestamp()) * 1000000;
    salt bytea := decode(replace(gen_random_uuid()::text, '-', ''), 'hex');
BEGIN
    IF TG_OP <> 'INSERT' THEN
        old_row := to_jsonb(OLD) - ignored;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        new_row := to_jsonb(NEW) - ignored;
    END IF;
    IF old_row = new_row THEN
        RETURN NULL;
    END IF;
    content := coalesce(new_row, old_row);
    INSERT INTO public.audit_waiting (
        client_id, id, occurred_at, actor, act, noun, subject, change, items, salt, digest
    ) VALUES (
        coalesce(content ->> 'client_id', '00000000-0000-0000-0000-000000000000')::uuid,
        -- A version 7: what was done later comes later.
        (lpad(to_hex(micros / 1000), 12, '0') || '7' || lpad(to_hex(micros % 1000 * 4), 3, '0')
            || substr(replace(gen_random_uuid()::text, '-', ''), 17))::uuid,
        clock_timestamp(),
        coalesce(nullif(current_setting('baitline.actor', true), ''), 'login:' || session_user),
        coalesce(current_setting('baitline.act', true), ''),
        TG_ARGV[0],
        content ->> TG_ARGV[1],
        CASE TG_OP WHEN 'INSERT' THEN 'made' WHEN 'UPDATE' THEN 'changed' ELSE 'removed' END,
        1,
        salt,
        sha256(salt || convert_to(content::text, 'UTF8'))
    );
    RETURN NULL;
END
$$;
