-- A stream's events, oldest first.
-- $1: the stream.
SELECT
    event.position,
    event.revision,
    event.recorded_at,
    event.id,
    event.version,
    event.stream,
    event.type,
    event.metadata,
    event.payload
FROM annals.event
WHERE event.stream = $1
ORDER BY event.revision
