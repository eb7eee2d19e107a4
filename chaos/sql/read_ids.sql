-- Which events have come since somebody last looked.
-- $1: after which position.
SELECT event.position, event.id
FROM annals_event AS event
WHERE event.position > $1
ORDER BY event.position
