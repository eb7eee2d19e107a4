-- Moves a projection's checkpoint, if it is where it is thought to be. Answers with a row if it was.
-- $1: the name. $2, $3: where it shall be, position and event. $4, $5: where it is.
UPDATE annals_checkpoint SET
    position = $2,
    last_id = $3
WHERE name = $1 AND position = $4 AND last_id IS $5
RETURNING position
