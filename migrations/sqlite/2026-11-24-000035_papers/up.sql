-- A client's own versions of the templates that papers are made from. Nothing in
-- them is deleted, so that the version a paper names can be read; which are used
-- follows from state and withdrawal.
CREATE TABLE paper_templates (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    content TEXT NOT NULL,
    -- Why it was refused, and in which line of it.
    problem TEXT,
    problem_line INTEGER,
    withdrawn INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- When a worker last took it up or ended with it.
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, kind, version),
    CONSTRAINT paper_templates_problem_check CHECK ((state = 'refused') = (problem IS NOT NULL))
) STRICT;
CREATE INDEX paper_templates_checking ON paper_templates (updated_at) WHERE state = 'checking';

-- Papers to make and made. What one is of is told by kind and id, without a
-- foreign key, since it may be of many tables, and a call of a table that is
-- derived; whoever asks for one looks there in the same transaction.
CREATE TABLE papers (
    client_id BLOB NOT NULL REFERENCES clients (client_id),
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    subject_id BLOB NOT NULL,
    -- The bait that a form of consent or a note is about.
    bait_id BLOB,
    state TEXT NOT NULL,
    problem TEXT,
    -- The version of the client's own template; the program's where it is absent.
    template_version INTEGER,
    pdf_sha256 BLOB,
    pdf_bytes INTEGER,
    docx_sha256 BLOB,
    docx_bytes INTEGER,
    attempts INTEGER NOT NULL,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, bait_id) REFERENCES baits (client_id, id),
    FOREIGN KEY (client_id, kind, template_version)
        REFERENCES paper_templates (client_id, kind, version),
    CONSTRAINT papers_made_check CHECK ((state = 'done') = (pdf_sha256 IS NOT NULL)
        AND (pdf_sha256 IS NULL) = (docx_sha256 IS NULL)
        AND (pdf_sha256 IS NULL) = (pdf_bytes IS NULL)
        AND (docx_sha256 IS NULL) = (docx_bytes IS NULL))
) STRICT;
CREATE INDEX papers_subject ON papers (client_id, subject_id, id);
CREATE INDEX papers_waiting ON papers (updated_at) WHERE state IN ('queued', 'running');
