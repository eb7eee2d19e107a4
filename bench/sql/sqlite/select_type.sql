-- $1: the type.
SELECT position, revision, recorded_at, id, version, stream, type, metadata, payload
FROM annals_event
WHERE type = $1
ORDER BY position
