-- Rows of a view in the order of their keys.
-- $1: after which key. $2: at most so many.
-- Index: that of the key.
SELECT kept.key, kept.state{columns}
FROM {table} AS kept
WHERE kept.key > $1
ORDER BY kept.key
LIMIT $2
