-- Writes rows in place of those under the same keys.
-- $1: the rows as JSON, each with key, state, total, last.
INSERT INTO raw_statement (key, state, total, last)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3
FROM json_each($1)
WHERE true
ON CONFLICT (key) DO UPDATE SET state = excluded.state, total = excluded.total, last = excluded.last
