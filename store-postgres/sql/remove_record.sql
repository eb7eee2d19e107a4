-- Removes a record, if it says what it is thought to say; as change_record.sql otherwise.
-- $1: the area. $2: the key. $3: what it says.
-- Index: record_key.
DELETE FROM annals.record
WHERE record.area = $1 AND record.key = $2 AND record.content = $3
