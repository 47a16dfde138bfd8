DROP TABLE waiting_recordings;
DROP TABLE device_bindings;
DROP TABLE devices;
ALTER TABLE observations DROP COLUMN derived;
ALTER TABLE recordings DROP COLUMN derived;
ALTER TABLE recordings DROP COLUMN duration_missing;
ALTER TABLE recordings DROP COLUMN duration_milliseconds;
ALTER TABLE recordings DROP COLUMN original_name;
ALTER TABLE recordings DROP COLUMN sniffed_type;
