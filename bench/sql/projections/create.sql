-- What the raw ways keep, and what projections write one statement after the other.

-- As the table of the view, with the same columns and indexes.
CREATE TABLE raw.statement (
    key   text   NOT NULL COLLATE "C" PRIMARY KEY,
    state json   NOT NULL,
    total bigint,
    last  text   COLLATE "C"
) WITH (fillfactor = 70);
CREATE INDEX ON raw.statement (total NULLS FIRST, key);

-- Ours and raw write it in turn.
CREATE TABLE raw.movement (
    key   text   NOT NULL COLLATE "C" PRIMARY KEY,
    total bigint NOT NULL,
    count bigint NOT NULL,
    last  text
) WITH (fillfactor = 70);

CREATE TABLE raw.checkpoint (
    name     text   NOT NULL PRIMARY KEY,
    position bigint NOT NULL
) WITH (fillfactor = 50)
