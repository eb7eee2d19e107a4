-- More events in order of position; nothing at all if the log does not go as far as it should. That is
-- found out once, not with each event.
-- $1: after that position. $2: up to that position, which there is. $3: at most so many.
-- Index: event_position.
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
WHERE event.position > $1 AND event.position <= $2
    AND (SELECT max(later.position) FROM annals.event AS later) >= $2
ORDER BY event.position
LIMIT $3
