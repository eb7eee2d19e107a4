-- A migration was applied.
-- $1: its number. $2: its name. $3: the hash of its text.
INSERT INTO annals.migration (number, name, hash)
VALUES ($1, $2, $3)
