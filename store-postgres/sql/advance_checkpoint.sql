-- Moves a projection's checkpoint, if it is where it is thought to be. Answers with a row if it was.
-- $1: the name. $2, $3: where it is, position and event. $4, $5: where it shall be.
-- Index: checkpoint_name.
INSERT INTO annals.checkpoint AS checkpoint (name, position, last_id)
SELECT $1, $4, $5
WHERE $2 = 0 AND $3 IS NULL
    OR EXISTS (SELECT FROM annals.checkpoint AS former WHERE former.name = $1)
ON CONFLICT (name) DO UPDATE SET
    position = excluded.position,
    last_id = excluded.last_id
WHERE checkpoint.position = $2 AND checkpoint.last_id IS NOT DISTINCT FROM $3
RETURNING checkpoint.position
