-- Fails if the transaction is not the one any more that was begun for a read model.
RELEASE SAVEPOINT annals_model
