-- More of a stream's events, oldest first; nothing at all if the stream does not go as far as it should.
-- That is found out once, not with each event.
-- $1: the stream. $2: after that revision. $3: up to that revision, which there is. $4: at most so many.
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
    event.payload
FROM annals.event
WHERE event.stream = $1 AND event.revision > $2 AND event.revision <= $3
    AND (SELECT max(later.revision) FROM annals.event AS later WHERE later.stream = $1) >= $3
ORDER BY event.revision
LIMIT $4
