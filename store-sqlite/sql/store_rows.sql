-- Writes rows of a view in place of those that are there.
-- $1: each as JSON: its key, where its state begins in $2, counted from 1, how long it is, and what its columns
-- hold. $2: all states, behind a byte that is not used. `returning`: asks for what was made of numbers with
-- decimals.
INSERT INTO {table} (key, state{names})
SELECT
    given.value ->> 0,
    CAST(substr($2, given.value ->> 1, given.value ->> 2) AS TEXT){values}
FROM jsonb_each($1) AS given
WHERE true
ON CONFLICT (key) DO UPDATE SET state = excluded.state{changes}{returning}
