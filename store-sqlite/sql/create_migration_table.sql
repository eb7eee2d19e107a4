-- What was done to this database, and by which text.
CREATE TABLE annals_migration (
    number INTEGER NOT NULL PRIMARY KEY,
    name   TEXT    NOT NULL,
    hash   TEXT    NOT NULL -- MD5 of the statements.
) STRICT
