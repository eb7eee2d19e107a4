-- Records of an area in the order of their keys.
-- $1: the area. $2: from which key on. $3: up to which key, exclusive; a blob, which is behind every text, if
-- there is no such bound. $4: at most so many.
-- Index: the primary key.
SELECT key, content
FROM annals_record
WHERE area = $1 AND key >= $2 AND key < $3
ORDER BY key
LIMIT $4
