-- Writes rows in place of those under the same keys.
-- $1 to $4, a column each: key, state, total, last.
INSERT INTO raw.statement (key, state, total, last)
SELECT given.key, given.state::json, given.total, given.last
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[]) AS given (key, state, total, last)
ON CONFLICT (key) DO UPDATE SET
    state = excluded.state,
    total = excluded.total,
    last = excluded.last
