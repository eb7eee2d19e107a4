-- What streams ended with when they were no further than that.
-- $1: the streams. $2: for each, its greatest revision.
-- Index: event_stream_revision.
SELECT last.revision, last.id, last.recorded_at
FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS given (stream, revision, n)
LEFT JOIN LATERAL (
    SELECT event.revision, event.id, event.recorded_at
    FROM annals.event
    WHERE event.stream = given.stream AND event.revision <= given.revision
    ORDER BY event.revision DESC
    LIMIT 1
) AS last ON true
ORDER BY given.n
