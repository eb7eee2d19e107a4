-- Makes a record, if there is none. Who is just making or removing one of that key is waited for.
-- $1: the area. $2: the key. $3: what it says.
-- Index: record_key.
INSERT INTO annals.record (area, key, content)
VALUES ($1, $2, $3)
ON CONFLICT (area, key) DO NOTHING
