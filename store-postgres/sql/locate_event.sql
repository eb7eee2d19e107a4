-- Where in a stream the event of an id stands.
-- $1: the id. $2: the stream.
-- Index: event_id.
SELECT event.revision
FROM annals.event
WHERE event.id = $1 AND event.stream = $2
