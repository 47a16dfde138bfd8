-- What people say against what a source reported. The columns beside keep what
-- the source said; those that follow from it (time, bait, direction, party)
-- hold what is in force.
ALTER TABLE observations ADD COLUMN amended text;
ALTER TABLE observations ADD COLUMN voided boolean NOT NULL DEFAULT false;

-- Every correction in order; a mistaken one is taken back by another.
CREATE TABLE observation_corrections (
    client_id uuid NOT NULL,
    id uuid NOT NULL,
    observation_id uuid NOT NULL,
    ordinal integer NOT NULL,
    kind text NOT NULL,
    changes text,
    withdraws uuid,
    reason text NOT NULL,
    author text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, observation_id) REFERENCES observations (client_id, id),
    FOREIGN KEY (client_id, withdraws) REFERENCES observation_corrections (client_id, id),
    CONSTRAINT observation_corrections_ordinal_key UNIQUE (client_id, observation_id, ordinal),
    CONSTRAINT observation_corrections_withdraws_key UNIQUE (client_id, withdraws),
    CONSTRAINT observation_corrections_kind_check CHECK (
        (kind = 'amend') = (changes IS NOT NULL) AND (kind = 'withdraw') = (withdraws IS NOT NULL))
);

ALTER TABLE observation_corrections ENABLE ROW LEVEL SECURITY;
ALTER TABLE observation_corrections FORCE ROW LEVEL SECURITY;
CREATE POLICY of_client ON observation_corrections TO baitline_client
    USING (client_id = ANY (string_to_array(
        nullif(current_setting('baitline.client_ids', true), ''), ',')::uuid[]));
CREATE POLICY of_all ON observation_corrections TO baitline_all USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON observation_corrections TO baitline_all;
GRANT SELECT, INSERT ON observation_corrections TO baitline_client;
