-- The public halves of the keys that workers sign packages with, so that the API,
-- which has no private one, can tell them. Shared, as the installation's keys are.
CREATE TABLE signing_keys (
    fingerprint TEXT NOT NULL,
    public_pem TEXT NOT NULL,
    first_seen_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    PRIMARY KEY (fingerprint)
) STRICT;

ALTER TABLE export_packages ADD COLUMN signed_by TEXT;
