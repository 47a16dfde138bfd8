-- The public halves of the keys that workers sign packages with, so that the API,
-- which has no private one, can tell them. Shared, as the installation's keys are.
CREATE TABLE signing_keys (
    fingerprint text NOT NULL,
    public_pem text NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    PRIMARY KEY (fingerprint)
);

GRANT SELECT ON signing_keys TO baitline_client;
GRANT SELECT, INSERT, UPDATE, DELETE ON signing_keys TO baitline_all;

ALTER TABLE export_packages ADD COLUMN signed_by text;
