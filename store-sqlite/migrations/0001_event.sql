-- The log: every event that was ever recorded, in the order of its position.

CREATE TABLE annals_event (
    position    INTEGER PRIMARY KEY CHECK (position > 0),
    revision    INTEGER NOT NULL CHECK (revision > 0),
    recorded_at INTEGER NOT NULL, -- Microseconds since 1970.
    id          BLOB    NOT NULL CHECK (length(id) = 16),
    version     INTEGER NOT NULL CHECK (version BETWEEN 1 AND 65535),
    stream      TEXT    NOT NULL,
    type        TEXT    NOT NULL,
    metadata    TEXT, -- JSON. Null: there is none.
    payload     BLOB    NOT NULL
) STRICT;

CREATE UNIQUE INDEX annals_event_id ON annals_event (id);

CREATE UNIQUE INDEX annals_event_stream_revision ON annals_event (stream, revision);

-- For readers that want some types only: a rare one is found without reading the rest. What comes last
-- in every index is the position.
CREATE INDEX annals_event_type ON annals_event (type);

-- What has happened stays, where it is, and what comes is next. To replace a row is to delete it, which
-- fires no trigger for that: with this, it leaves a hole at least.
CREATE TRIGGER annals_event_in_order BEFORE INSERT ON annals_event
WHEN NEW.position <> (SELECT coalesce(max(position), 0) + 1 FROM annals_event)
BEGIN
    SELECT RAISE(ABORT, 'events are never replaced: INSERT into annals_event but at its end is refused');
END;

CREATE TRIGGER annals_event_no_update BEFORE UPDATE ON annals_event
BEGIN
    SELECT RAISE(ABORT, 'events are never changed: UPDATE on annals_event is refused');
END;

CREATE TRIGGER annals_event_no_delete BEFORE DELETE ON annals_event
BEGIN
    SELECT RAISE(ABORT, 'events are never changed: DELETE on annals_event is refused');
END;
