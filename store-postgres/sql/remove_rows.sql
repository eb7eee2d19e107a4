-- Takes out the rows under some keys.
-- $1: the keys.
-- Index: the primary key.
DELETE FROM annals.:table AS kept
WHERE kept.key = ANY ($1)
