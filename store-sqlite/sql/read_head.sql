-- How far the log is.
SELECT coalesce(max(position), 0) FROM annals_event
