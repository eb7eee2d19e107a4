-- What comes next in the log.
-- $1: after that position. $2: how many.
SELECT event.position, event.stream, event.type, event.payload
FROM annals.event
WHERE event.position > $1
ORDER BY event.position
LIMIT $2
