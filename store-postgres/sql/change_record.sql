-- Changes a record, if it says what it is thought to say. Who is just changing it is waited for, and what it
-- says then is what counts.
-- $1: the area. $2: the key. $3: what it says. $4: what it shall say.
-- Index: record_key.
UPDATE annals.record SET
    content = $4
WHERE record.area = $1 AND record.key = $2 AND record.content = $3
