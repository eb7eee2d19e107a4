-- Writes rows, in place of those under the same keys.
-- $1: the keys. $2: the states. From $3 on: what the columns hold, one after the other.
-- Index: the primary key.
INSERT INTO annals.:table (key, state:columns)
SELECT given.*
FROM unnest($1::text[], $2::json[]:arguments) AS given (key, state:columns)
ON CONFLICT (key) DO UPDATE SET
    state = excluded.state:changes
