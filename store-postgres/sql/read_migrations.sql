-- Which migrations were applied, in order.
SELECT migration.number, migration.name, migration.hash
FROM annals.migration
ORDER BY migration.number
