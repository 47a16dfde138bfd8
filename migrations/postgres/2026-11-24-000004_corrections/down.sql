-- Times and baits that were amended stay as amended: what they follow from goes.
DROP TABLE observation_corrections;
ALTER TABLE observations DROP COLUMN voided;
ALTER TABLE observations DROP COLUMN amended;
