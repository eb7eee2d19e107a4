-- Removes records, as far as they are there.
-- $1: their area. $2: their keys, as JSON.
-- Index: the primary key.
DELETE FROM annals_record
WHERE area = $1 AND key IN (SELECT given.value FROM json_each($2) AS given)
