-- Makes a projection's checkpoint, or moves it if it is at the start. Answers with a row if it did.
-- $1: the name. $2, $3: where it shall be, position and event.
INSERT INTO annals_checkpoint (name, position, last_id)
VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET
    position = excluded.position,
    last_id = excluded.last_id
WHERE annals_checkpoint.position = 0 AND annals_checkpoint.last_id IS NULL
RETURNING position
