-- Fails if the transaction is not the one any more that was lent, or nothing can be committed of it.
RELEASE SAVEPOINT annals_model
