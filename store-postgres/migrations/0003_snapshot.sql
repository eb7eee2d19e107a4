-- Shortcuts to states. Losing one costs no more than time.

CREATE TABLE snapshot (
    stream        text        NOT NULL COLLATE "C",
    shape         text        NOT NULL COLLATE "C",
    version       bigint      NOT NULL,
    revision      bigint      NOT NULL,
    position      bigint      NOT NULL,
    last_id       uuid        NOT NULL, -- The event at that revision,
    last_at       timestamptz NOT NULL, -- and when it was recorded.
    state         bytea       NOT NULL,
    CONSTRAINT snapshot_key PRIMARY KEY (stream, shape, version)
);
