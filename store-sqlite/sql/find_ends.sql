-- What streams ended with when they were no further than that, of those that had events, counted from 0.
-- $1: for each its name and its greatest revision, as JSON.
-- Index: annals_event_stream_revision.
SELECT given.key, last.revision, last.id, last.recorded_at
FROM json_each($1) AS given
CROSS JOIN annals_event AS last ON last.position = (
    SELECT event.position
    FROM annals_event AS event
    WHERE event.stream = given.value ->> 0 AND event.revision <= given.value ->> 1
    ORDER BY event.revision DESC
    LIMIT 1
)
