-- What a record says.
-- $1: the area. $2: the key.
-- Index: record_key.
SELECT record.content
FROM annals.record
WHERE record.area = $1 AND record.key = $2
