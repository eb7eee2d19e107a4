-- The table of the raw ways: the same columns and the same indexes as ours, without checks and triggers.
CREATE TABLE event (
    position    INTEGER PRIMARY KEY,
    revision    INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    id          BLOB    NOT NULL,
    version     INTEGER NOT NULL,
    stream      TEXT    NOT NULL,
    type        TEXT    NOT NULL,
    metadata    TEXT,
    payload     BLOB    NOT NULL
) STRICT;

CREATE UNIQUE INDEX event_id ON event (id);

CREATE UNIQUE INDEX event_stream_revision ON event (stream, revision);

CREATE INDEX event_type ON event (type)
