-- Removes rows of a view, as far as they are there.
-- $1: their keys, as JSON.
-- Index: that of the key.
DELETE FROM {table} WHERE key IN (SELECT given.value FROM json_each($1) AS given)
