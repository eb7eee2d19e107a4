-- All events of one type, in order.
-- $1: the type.
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
WHERE event.type = $1
ORDER BY event.position
