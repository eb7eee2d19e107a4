-- The rows under some keys, if a record is unchanged. If it is and there are none, that is answered in a row
-- of nulls; if it is not, there is no row. Both are seen in one snapshot.
-- $1 to $3: the record's area, its key, and what it said. $4: the keys.
-- Indexes: record_key, the primary key.
SELECT kept.key, kept.state:columns
FROM annals.record
LEFT JOIN annals.:table AS kept ON kept.key = ANY ($4)
WHERE record.area = $1 AND record.key = $2 AND record.content = $3
