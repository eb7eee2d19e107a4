-- By this, rows are found by a column, and are in order of it and of their keys.
CREATE INDEX :index ON annals.:table (:column NULLS FIRST, key)
