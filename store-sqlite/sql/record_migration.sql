-- $1: number. $2: name. $3: hash.
INSERT INTO annals_migration (number, name, hash) VALUES ($1, $2, $3)
