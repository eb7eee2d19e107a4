-- Events in order of position, each with how far the log is now.
-- $1: after that position. $2: up to that position. $3: at most so many.
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
    event.payload,
    (SELECT max(later.position) FROM annals.event AS later) AS ends
FROM annals.event
WHERE event.position > $1 AND event.position <= $2
ORDER BY event.position
LIMIT $3
