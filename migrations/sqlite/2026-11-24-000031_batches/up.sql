-- An export is planned once, and given up after workers that got nothing done.
ALTER TABLE exports ADD COLUMN planned_at INTEGER;
ALTER TABLE exports ADD COLUMN attempts_in_vain INTEGER NOT NULL DEFAULT 0;
-- What the directory of an archive of packages says of each.
ALTER TABLE export_packages ADD COLUMN crc32 INTEGER;

-- What lies beside the packages in the archive of an export: its index and sums.
CREATE TABLE export_files (
    client_id BLOB NOT NULL,
    export_id BLOB NOT NULL,
    name TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    crc32 INTEGER NOT NULL,
    PRIMARY KEY (client_id, export_id, name),
    FOREIGN KEY (client_id, export_id) REFERENCES exports (client_id, id)
) STRICT;
