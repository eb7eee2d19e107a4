-- What a record says.
-- $1: its area. $2: its key.
-- Index: the primary key.
SELECT content FROM annals_record WHERE area = $1 AND key = $2
