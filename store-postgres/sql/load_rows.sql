-- The states under some keys.
-- $1: the keys.
-- Index: the primary key.
SELECT kept.key, kept.state
FROM annals.:table AS kept
WHERE kept.key = ANY ($1)
