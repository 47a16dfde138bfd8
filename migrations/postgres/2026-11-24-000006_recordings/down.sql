DROP TABLE waiting_recordings, device_bindings, devices;
ALTER TABLE observations DROP COLUMN derived;
ALTER TABLE recordings
    DROP COLUMN derived,
    DROP COLUMN duration_missing,
    DROP COLUMN duration_milliseconds,
    DROP COLUMN original_name,
    DROP COLUMN sniffed_type;
