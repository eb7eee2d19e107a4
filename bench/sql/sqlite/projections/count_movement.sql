-- Counts an event in.
-- $1: the key. $2: by how much the total moves. $3: the text, if there is a new one.
INSERT INTO raw_movement (key, total, count, last)
VALUES ($1, $2, 1, $3)
ON CONFLICT (key) DO UPDATE SET
    total = total + excluded.total,
    count = count + 1,
    last = coalesce(excluded.last, last)
