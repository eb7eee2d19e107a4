-- What the raw ways keep, and what projections write one statement after the other.

-- As the table of the view, with the same columns and indexes.
CREATE TABLE raw_statement (
    key   TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL,
    total INTEGER,
    last  TEXT
) STRICT;
CREATE INDEX raw_statement_total ON raw_statement (total, key);

-- Ours and raw write it in turn.
CREATE TABLE raw_movement (
    key   TEXT    NOT NULL PRIMARY KEY,
    total INTEGER NOT NULL,
    count INTEGER NOT NULL,
    last  TEXT
) STRICT;

CREATE TABLE raw_checkpoint (
    name     TEXT    NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT
