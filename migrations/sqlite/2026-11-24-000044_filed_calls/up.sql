-- What the complaint said of the call when it was filed, as JSON; never rewritten.
-- Complaints filed before have none.
ALTER TABLE complaint_calls ADD COLUMN filed_as text;
-- Whose calls may differ from that by now.
CREATE INDEX complaint_calls_filed ON complaint_calls (client_id, complaint_id)
    WHERE filed_as IS NOT NULL AND NOT released;
