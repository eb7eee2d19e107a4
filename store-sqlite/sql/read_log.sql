-- Events in order of position. A long payload is left out, since many rows are read ahead.
-- $1: after that position. $2: up to that position. $3: at most so many.
SELECT
    position, revision, recorded_at, id, version, stream, type, metadata,
    iif(length(payload) <= 65536, payload, NULL) AS payload
FROM annals_event
WHERE position > $1 AND position <= $2
ORDER BY position
LIMIT $3
