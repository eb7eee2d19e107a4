-- What the table by hand comes to.
SELECT coalesce(sum(statement.total), 0)::bigint FROM raw.statement
