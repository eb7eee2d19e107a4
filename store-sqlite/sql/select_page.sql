-- Rows of a view in some order, if a record says what it is thought to say: then there is at least one row,
-- of nulls if there is none to answer.
-- $1: the area of the record. $2: its key. $3: what it says. $4: at most so many. `conditions`: what holds for
-- the rows, with $5 and so on. `order`: their order.
-- Indexes: the primary key of the record; that of a column that has one, or of the key.
SELECT kept.key, kept.state{columns}
FROM annals_record AS record
LEFT JOIN {table} AS kept ON {conditions}
WHERE record.area = $1 AND record.key = $2 AND record.content = $3
ORDER BY {order}
LIMIT $4
