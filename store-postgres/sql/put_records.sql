-- Writes records of an area, in place of what is there.
-- $1: the area. $2: the keys. $3: for each, what it says.
-- Index: record_key.
INSERT INTO annals.record (area, key, content)
SELECT $1, given.key, given.content
FROM unnest($2::text[], $3::text[]) AS given (key, content)
ON CONFLICT (area, key) DO UPDATE SET
    content = excluded.content
