-- Rows of a view under some keys, if a record says what it is thought to say: then there is at least one row,
-- of nulls if there is none to answer.
-- $1: the area of the record. $2: its key. $3: what it says. $4: the keys, as JSON.
-- Indexes: the primary key of the record, that of the key.
SELECT kept.key, kept.state{columns}
FROM annals_record AS record
LEFT JOIN {table} AS kept
    ON kept.key IN (SELECT given.value FROM json_each($4) AS given)
WHERE record.area = $1 AND record.key = $2 AND record.content = $3
