-- Rows in the order of their keys.
-- $1: after that key. $2: at most so many.
-- Index: the primary key.
SELECT kept.key, kept.state:columns
FROM annals.:table AS kept
WHERE kept.key > $1
ORDER BY kept.key
LIMIT $2
