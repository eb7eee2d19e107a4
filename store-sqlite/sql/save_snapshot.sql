-- Keeps a snapshot in place of whatever was there.
-- $1: the stream. $2: the shape. $3: its version. $4: revision. $5: position. $6: the id of the last event.
-- $7: when that was recorded. $8: the state.
INSERT INTO annals_snapshot
    (stream, shape, version, revision, position, last_id, last_at, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (stream, shape, version) DO UPDATE SET
    revision = excluded.revision,
    position = excluded.position,
    last_id = excluded.last_id,
    last_at = excluded.last_at,
    state = excluded.state
