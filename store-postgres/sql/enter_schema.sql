-- For the rest of the transaction, what is made is made in this schema.
-- $1: the schema.
SELECT set_config('search_path', $1, true)
