-- How far a projection has come.
-- $1: its name.
-- Index: checkpoint_name.
SELECT checkpoint.position, checkpoint.last_id
FROM annals.checkpoint
WHERE checkpoint.name = $1
