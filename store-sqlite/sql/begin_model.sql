-- What is written for a read model. If SQLite takes the whole transaction back, this is gone, too.
SAVEPOINT annals_model
