-- The whole log as it lies in its table, for the auditor. By no index: a kill may have left one that is
-- wrong.
SELECT
    event.position,
    event.revision,
    event.id,
    event.stream,
    event.type,
    event.version,
    event.payload,
    event.recorded_at AS at
FROM annals_event AS event NOT INDEXED
ORDER BY event.position + 0
