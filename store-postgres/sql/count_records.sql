-- How many records of an area have keys in a range.
-- $1: the area. $2: from that key on. $3: up to that key, and without it.
-- Index: record_key.
SELECT count(*)
FROM annals.record
WHERE record.area = $1 AND record.key >= $2 AND record.key < $3
