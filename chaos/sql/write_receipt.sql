-- Notes an append in the table of the application.
-- $1: the append's key.
INSERT INTO receipt (key) VALUES ($1)
