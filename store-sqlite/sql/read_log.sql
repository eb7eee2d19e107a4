-- Events in order of position.
-- $1: after that position. $2: up to that position. $3: at most so many.
SELECT position, revision, recorded_at, id, version, stream, type, metadata, payload
FROM annals_event
WHERE position > $1 AND position <= $2
ORDER BY position
LIMIT $3
