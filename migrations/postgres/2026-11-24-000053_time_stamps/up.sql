-- What a time-stamp authority answered for a package, as it came: another answer has
-- other bytes, so a package that is built again needs the one of before.
ALTER TABLE export_packages ADD COLUMN time_stamp bytea;
ALTER TABLE export_packages ADD COLUMN stamped_at timestamptz;

-- An export whose authority does not answer waits, and says for what.
ALTER TABLE exports ADD COLUMN stamp_failures integer NOT NULL DEFAULT 0;
ALTER TABLE exports ADD COLUMN waits_until timestamptz;
ALTER TABLE exports ADD COLUMN waits_for text;
