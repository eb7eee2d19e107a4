-- The states of rows of a view, as far as there are any.
-- $1: their keys, as JSON.
-- Index: that of the key.
SELECT kept.key, kept.state
FROM {table} AS kept
WHERE kept.key IN (SELECT given.value FROM json_each($1) AS given)
