-- Changes nothing. But a transaction of the application's may not have written yet: then another could
-- write first, between a look and what follows from it. From here on nobody else can.
DELETE FROM annals_migration WHERE number < 0
