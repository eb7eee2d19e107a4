-- Removes a record, if it says what it is thought to say.
-- $1: its area. $2: its key. $3: what it says.
-- Index: the primary key.
DELETE FROM annals_record WHERE area = $1 AND key = $2 AND content = $3
