-- How far the raw log is.
SELECT coalesce(max(event.position), 0)
FROM raw.event
