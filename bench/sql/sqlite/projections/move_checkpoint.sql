-- $1: from which position. $2: to which.
UPDATE raw_checkpoint SET position = $2 WHERE name = 'raw' AND position = $1
