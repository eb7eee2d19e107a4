-- How many records of an area there are.
-- $1 to $3: as in `list_records.sql`.
-- Index: the primary key.
SELECT count(*) FROM annals_record WHERE area = $1 AND key >= $2 AND key < $3
