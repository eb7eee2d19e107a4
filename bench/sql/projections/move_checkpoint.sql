-- $1: from which position. $2: to which.
UPDATE raw.checkpoint SET position = $2 WHERE checkpoint.name = 'raw' AND checkpoint.position = $1
