-- A stream's events, oldest first, each with how far the stream is now.
-- $1: the stream. $2: after that revision. $3: up to that revision. $4: at most so many.
-- Index: event_stream_revision.
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
    (SELECT max(later.revision) FROM annals.event AS later WHERE later.stream = $1) AS ends
FROM annals.event
WHERE event.stream = $1 AND event.revision > $2 AND event.revision <= $3
ORDER BY event.revision
LIMIT $4
