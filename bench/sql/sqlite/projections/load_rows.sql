-- The states under some keys.
-- $1: the keys, as JSON.
SELECT key, state
FROM raw_statement
WHERE key IN (SELECT value FROM json_each($1))
