-- What was done to this database already.
SELECT number, name, hash FROM annals_migration ORDER BY number
