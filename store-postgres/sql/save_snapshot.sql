-- Keeps a snapshot, in place of what was there.
-- $1 to $3: the stream, the shape, the version of the shape. $4 to $8: what is kept.
-- Index: snapshot_key.
INSERT INTO annals.snapshot
    (stream, shape, version, revision, position, last_id, last_at, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (stream, shape, version) DO UPDATE SET
    revision = excluded.revision,
    position = excluded.position,
    last_id = excluded.last_id,
    last_at = excluded.last_at,
    state = excluded.state
