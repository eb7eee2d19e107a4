-- The states under some keys.
-- $1: the keys.
SELECT statement.key, statement.state::text
FROM raw.statement
WHERE statement.key = ANY ($1)
