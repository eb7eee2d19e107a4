-- Where events are recorded, in the order in which they are asked for; those that are not are left out.
-- $1: their ids.
-- Index: event_id.
SELECT given.n, event.stream, event.revision, event.position, event.recorded_at
FROM unnest($1::uuid[]) WITH ORDINALITY AS given (id, n)
CROSS JOIN LATERAL (
    SELECT event.stream, event.revision, event.position, event.recorded_at
    FROM annals.event
    WHERE event.id = given.id
    LIMIT 1
) AS event
ORDER BY given.n
