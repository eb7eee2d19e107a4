-- Everything that was built is gone, and all that is known about it.
DROP TABLE IF EXISTS annals.view_statement_1, annals.view_poisonable_1;
TRUNCATE annals.record, raw.statement, raw.movement, raw.checkpoint;
INSERT INTO raw.checkpoint (name, position) VALUES ('raw', 0)
