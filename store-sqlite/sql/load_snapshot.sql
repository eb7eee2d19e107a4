-- $1: the stream. $2: the shape. $3: its version.
SELECT revision, position, last_id, last_at, state
FROM annals_snapshot
WHERE stream = $1 AND shape = $2 AND version = $3
