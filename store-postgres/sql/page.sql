-- $4: at most so many. From $5 on: what the conditions compare with.
-- Index: that of the column that is ordered by, if it has one; the primary key if it is by keys.
SELECT kept.key, kept.state:columns
FROM annals.:table AS kept
WHERE :conditions
ORDER BY :order
LIMIT $4
