-- Removes the table of a view, with its indexes.
-- `table`: the name.
DROP TABLE IF EXISTS {table}
