-- How the files of a source are read: which column holds what. JSON.
ALTER TABLE sources ADD COLUMN profile TEXT;
