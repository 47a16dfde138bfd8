-- SQLite has no policies: no query is built without its client.
SELECT 1;
