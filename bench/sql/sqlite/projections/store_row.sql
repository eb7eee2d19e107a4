-- Writes a row in place of the one under the same key.
-- $1 to $4: key, state, total, last.
INSERT INTO raw_statement (key, state, total, last)
VALUES ($1, $2, $3, $4)
ON CONFLICT (key) DO UPDATE SET state = excluded.state, total = excluded.total, last = excluded.last
