-- A client's own versions of the templates that papers are made from. Nothing in
-- them is deleted, so that the version a paper names can be read; which are used
-- follows from state and withdrawal.
CREATE TABLE paper_templates (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    kind text NOT NULL,
    version integer NOT NULL,
    state text NOT NULL,
    content text NOT NULL,
    -- Why it was refused, and in which line of it.
    problem text,
    problem_line integer,
    withdrawn boolean NOT NULL,
    attempts integer NOT NULL,
    author text NOT NULL,
    created_at timestamptz NOT NULL,
    -- When a worker last took it up or ended with it.
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, kind, version),
    CONSTRAINT paper_templates_problem_check CHECK ((state = 'refused') = (problem IS NOT NULL))
);
CREATE INDEX paper_templates_checking ON paper_templates (updated_at) WHERE state = 'checking';

-- Papers to make and made. What one is of is told by kind and id, without a
-- foreign key, since it may be of many tables, and a call of a table that is
-- derived; whoever asks for one looks there in the same transaction.
CREATE TABLE papers (
    client_id uuid NOT NULL REFERENCES clients (client_id),
    id uuid NOT NULL,
    kind text NOT NULL,
    subject_id uuid NOT NULL,
    -- The bait that a form of consent or a note is about.
    bait_id uuid,
    state text NOT NULL,
    problem text,
    -- The version of the client's own template; the program's where it is absent.
    template_version integer,
    pdf_sha256 bytea,
    pdf_bytes bigint,
    docx_sha256 bytea,
    docx_bytes bigint,
    attempts integer NOT NULL,
    author text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id),
    FOREIGN KEY (client_id, kind, template_version)
        REFERENCES paper_templates (client_id, kind, version),
    CONSTRAINT papers_made_check CHECK ((state = 'done') = (pdf_sha256 IS NOT NULL)
        AND (pdf_sha256 IS NULL) = (docx_sha256 IS NULL)
        AND (pdf_sha256 IS NULL) = (pdf_bytes IS NULL)
        AND (docx_sha256 IS NULL) = (docx_bytes IS NULL))
);
CREATE INDEX papers_subject ON papers (client_id, subject_id, id);
CREATE INDEX papers_waiting ON papers (updated_at) WHERE state IN ('queued', 'running');

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['paper_templates', 'papers'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY of_client ON %I TO baitline_client
             USING (client_id = ANY (string_to_array(
                 nullif(current_setting(''baitline.client_ids'', true), ''''), '','')::uuid[]))',
            name);
        EXECUTE format('CREATE POLICY of_all ON %I TO baitline_all USING (true)', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO baitline_all', name);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO baitline_client', name);
    END LOOP;
END
$$;
-- A newer version takes the place of one that waits, and a client returns to the
-- program's own.
GRANT UPDATE ON paper_templates TO baitline_client;
