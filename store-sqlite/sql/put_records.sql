-- Writes records in place of those that are there.
-- $1: their area. $2: each as JSON: its key, and what it says.
INSERT INTO annals_record (area, key, content)
SELECT $1, given.value ->> 0, given.value ->> 1
FROM jsonb_each($2) AS given
WHERE true
ON CONFLICT (area, key) DO UPDATE SET content = excluded.content
