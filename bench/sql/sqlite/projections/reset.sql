-- Everything that was built is gone, and all that is known about it.
DROP TABLE IF EXISTS annals_view_statement_1;
DROP TABLE IF EXISTS annals_view_poisonable_1;
DELETE FROM annals_record;
DELETE FROM raw_statement;
DELETE FROM raw_movement;
DELETE FROM raw_checkpoint;
INSERT INTO raw_checkpoint (name, position) VALUES ('raw', 0);
PRAGMA wal_checkpoint(TRUNCATE)
