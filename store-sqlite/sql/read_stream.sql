-- A stream's events, oldest first, each with how far the stream is now. A long payload is left out, since
-- many rows are read ahead.
-- $1: the stream. $2: after that revision. $3: up to that revision. $4: at most so many.
-- Index: annals_event_stream_revision.
SELECT
    position, revision, recorded_at, id, version, stream, type, metadata,
    iif(length(payload) <= 65536, payload, NULL) AS payload,
    (SELECT max(revision) FROM annals_event WHERE stream = $1) AS ends
FROM annals_event
WHERE stream = $1 AND revision > $2 AND revision <= $3
ORDER BY revision
LIMIT $4
