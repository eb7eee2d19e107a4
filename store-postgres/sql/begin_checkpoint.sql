-- Makes a projection's checkpoint, or moves it if it is at the start. Answers with a row if it did.
-- $1: the name. $2, $3: where it shall be, position and event.
-- Index: checkpoint_name.
INSERT INTO annals.checkpoint AS checkpoint (name, position, last_id)
VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET
    position = excluded.position,
    last_id = excluded.last_id
WHERE checkpoint.position = 0 AND checkpoint.last_id IS NULL
RETURNING checkpoint.position
