-- How far the log is.
-- Index: event_position.
SELECT coalesce(max(event.position), 0) AS head
FROM annals.event
