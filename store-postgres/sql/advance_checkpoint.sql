-- Moves a projection's checkpoint, if it is where it is thought to be. Answers with a row if it was.
-- $1: the name. $2, $3: where it shall be, position and event. $4, $5: where it is.
-- Index: checkpoint_name.
UPDATE annals.checkpoint AS checkpoint SET
    position = $2,
    last_id = $3
WHERE checkpoint.name = $1
    AND checkpoint.position = $4
    AND checkpoint.last_id IS NOT DISTINCT FROM $5
RETURNING checkpoint.position
