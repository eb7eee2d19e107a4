-- Removes records of an area.
-- $1: the area. $2: the keys.
-- Index: record_key.
DELETE FROM annals.record
WHERE record.area = $1 AND record.key = ANY ($2)
