-- Changes a record, if it says what it is thought to say.
-- $1: its area. $2: its key. $3: what it shall say. $4: what it says.
-- Index: the primary key.
UPDATE annals_record SET content = $3 WHERE area = $1 AND key = $2 AND content = $4
