-- The log for people and for other programs: payloads as JSON, where they are JSON.

-- A payload as JSON; null, if it is none. It can be indexed.
CREATE FUNCTION as_json(payload bytea) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN convert_from(payload, 'UTF8')::jsonb;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN -- Such as too deep a nesting.
    RETURN NULL;
END $$;

CREATE VIEW readable_event AS
SELECT
    event.position,
    event.recorded_at,
    event.stream,
    event.revision,
    event.type,
    event.version,
    as_json(event.payload) AS payload,
    event.metadata,
    event.id
FROM event;
