-- $1: the stream.
SELECT position, revision, recorded_at, id, version, stream, type, metadata, payload
FROM annals_event
WHERE stream = $1
ORDER BY revision
