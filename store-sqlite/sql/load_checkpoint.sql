-- $1: the projection.
SELECT position, last_id FROM annals_checkpoint WHERE name = $1
