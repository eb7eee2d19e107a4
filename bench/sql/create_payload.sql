-- A log as ours, of which the payload's column is of another type in turn.
CREATE SCHEMA payload;
CREATE TABLE payload.event (
    position    bigint      NOT NULL PRIMARY KEY,
    revision    bigint      NOT NULL,
    recorded_at timestamptz NOT NULL,
    id          uuid        NOT NULL UNIQUE,
    version     integer     NOT NULL,
    stream      text        NOT NULL COLLATE "C",
    type        text        NOT NULL COLLATE "C",
    metadata    json,
    payload     bytea       NOT NULL,
    UNIQUE (stream, revision)
);
CREATE INDEX ON payload.event (type, position);
