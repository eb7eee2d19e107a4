-- Makes the table of a view. Its rows have numbers beside their keys: kept under their keys alone, states of
-- 1 KiB take four times as long to write, and five times as long to load.
-- `table`: the name. `definitions`: the columns that were declared.
CREATE TABLE {table} (
    key   TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL{definitions}
) STRICT
