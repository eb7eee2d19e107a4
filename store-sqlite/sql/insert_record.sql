-- Makes a record, unless there is one.
-- $1: its area. $2: its key. $3: what it says.
INSERT INTO annals_record (area, key, content)
VALUES ($1, $2, $3)
ON CONFLICT (area, key) DO NOTHING
