-- How many bytes an event takes, without indexes.
-- $1: how many events there are.
SELECT pg_table_size('payload.event')::float8 / $1::bigint
