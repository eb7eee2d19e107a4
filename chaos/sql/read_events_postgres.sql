-- The whole log as it lies in its table, for the auditor. By no index: a crash may have left one that
-- is wrong.
SELECT
    event.position,
    event.revision,
    event.id,
    event.stream,
    event.type,
    event.version,
    event.payload,
    (extract(epoch FROM event.recorded_at) * 1000000)::bigint AS at
FROM annals.event
ORDER BY event.position + 0
