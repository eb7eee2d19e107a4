-- How far each projection has come. It moves in the transaction that writes the read model.

CREATE TABLE annals_checkpoint (
    name     TEXT    NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL,
    last_id  BLOB -- The event at that position; null at the start.
) STRICT;
