-- Within a transaction of the application's, which may not have written yet: then another could write
-- first, between a look and what follows from it. The statement that changes nothing sees to that.
SAVEPOINT annals_append;
DELETE FROM annals_migration WHERE number < 0
