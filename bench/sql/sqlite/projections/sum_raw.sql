-- What the table by hand comes to.
SELECT coalesce(sum(total), 0) FROM raw_statement
