-- The snapshot kept under a key.
-- $1: the stream. $2: the shape. $3: the version of the shape.
-- Index: snapshot_key.
SELECT snapshot.revision, snapshot.position, snapshot.last_id, snapshot.last_at, snapshot.state
FROM annals.snapshot
WHERE snapshot.stream = $1 AND snapshot.shape = $2 AND snapshot.version = $3
