-- What comes next in the log.
-- $1: after that position. $2: how many.
SELECT position, stream, type, payload
FROM annals_event
WHERE position > $1
ORDER BY position
LIMIT $2
