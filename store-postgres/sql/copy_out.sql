-- The rows of a query, in PostgreSQL's binary format. It takes no arguments, so they are written into it.
COPY (
    annals_query
) TO STDOUT (FORMAT binary)
