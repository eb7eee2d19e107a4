-- How far a stream is, and what happened last in it.
-- $1: the stream.
SELECT event.revision, event.type, event.payload
FROM raw.numbered_event AS event
WHERE event.stream = $1
ORDER BY event.revision DESC
LIMIT 1
