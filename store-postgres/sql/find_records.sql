-- The records of an area whose keys are in a range, in the order of their keys.
-- $1: the area. $2: from that key on. $3: up to that key, and without it. $4: after that key. $5: at most so
-- many.
-- Index: record_key.
SELECT record.key, record.content
FROM annals.record
WHERE record.area = $1 AND record.key >= $2 AND record.key < $3 AND record.key > $4
ORDER BY record.key
LIMIT $5
