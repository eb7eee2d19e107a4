-- What the application writes from here on: if that is committed or taken back on the way, this is gone, too.
SAVEPOINT annals_model
