ALTER TABLE sources DROP COLUMN profile;
