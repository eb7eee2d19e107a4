-- The log: every event that was ever recorded, in the order of its position.

CREATE TABLE event (
    position    bigint      NOT NULL CHECK (position > 0),
    revision    bigint      NOT NULL CHECK (revision > 0),
    recorded_at timestamptz NOT NULL,
    id          uuid        NOT NULL,
    version     integer     NOT NULL CHECK (version BETWEEN 1 AND 65535),
    stream      text        NOT NULL COLLATE "C",
    type        text        NOT NULL COLLATE "C",
    metadata    json, -- Null: there is none.
    payload     bytea       NOT NULL,
    CONSTRAINT event_position PRIMARY KEY (position),
    CONSTRAINT event_id UNIQUE (id),
    CONSTRAINT event_stream_revision UNIQUE (stream, revision)
);

-- For readers that want some types only: a rare one is found without reading the rest.
CREATE INDEX event_type_position ON event (type, position);

-- What has happened stays.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are never changed: % on %.% is refused',
        tg_op, tg_table_schema, tg_table_name
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER event_no_update BEFORE UPDATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER event_no_delete BEFORE DELETE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER event_no_truncate BEFORE TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
