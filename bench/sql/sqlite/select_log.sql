SELECT position, revision, recorded_at, id, version, stream, type, metadata, payload
FROM annals_event
ORDER BY position
