-- Where events are recorded, in the order in which they are asked for; those that are not are left out.
-- $1: their ids, in hexadecimal digits, as JSON.
-- Index: annals_event_id.
SELECT given.key, event.stream, event.revision, event.position, event.recorded_at
FROM json_each($1) AS given
CROSS JOIN annals_event AS event ON event.id = unhex(given.value)
ORDER BY given.key
