-- For the rest of the transaction, what is made is made in this schema. Functions keep this path: temporary
-- tables come last, since they would else be taken for ours.
-- $1: the schema.
SELECT set_config('search_path', $1 || ', pg_temp', true)
