-- What is written for a read model: if that was committed or taken back on the way, this is gone, too.
SAVEPOINT annals_model
