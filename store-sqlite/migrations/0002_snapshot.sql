-- Shortcuts to states. Losing one costs no more than time.

CREATE TABLE annals_snapshot (
    stream   TEXT    NOT NULL,
    shape    TEXT    NOT NULL,
    version  INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    position INTEGER NOT NULL,
    last_id  BLOB    NOT NULL, -- The event at that revision,
    last_at  INTEGER NOT NULL, -- and when it was recorded.
    state    BLOB    NOT NULL,
    PRIMARY KEY (stream, shape, version)
) STRICT;
