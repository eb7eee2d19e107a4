-- Makes the index of a column, in which rows are in the order in which they are paged through.
-- `index`: the name. `table`: the table of the view. `column`: the column.
CREATE INDEX {index} ON {table} ({column}, key)
