-- What the accused side says against a complaint, and what came of it.
CREATE TABLE complaint_objections (
    client_id uuid NOT NULL,
    id uuid NOT NULL,
    complaint_id uuid NOT NULL,
    received_on integer NOT NULL,
    from_whom text NOT NULL,
    -- The defences it uses, as a JSON list of code words.
    defences text NOT NULL,
    words text NOT NULL,
    settled_on integer,
    settled_because text,
    version integer NOT NULL,
    author text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, complaint_id) REFERENCES complaints (client_id, id),
    CONSTRAINT complaint_objections_settled_check CHECK (
        (settled_on IS NULL) = (settled_because IS NULL))
);
CREATE INDEX complaint_objections_complaint ON complaint_objections (client_id, complaint_id, id);

ALTER TABLE complaint_objections ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaint_objections FORCE ROW LEVEL SECURITY;
CREATE POLICY of_client ON complaint_objections TO baitline_client
    USING (client_id = ANY (string_to_array(
        nullif(current_setting('baitline.client_ids', true), ''), ',')::uuid[]));
CREATE POLICY of_all ON complaint_objections TO baitline_all USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON complaint_objections TO baitline_all;
GRANT SELECT, INSERT, UPDATE ON complaint_objections TO baitline_client;
