-- Lets the next transaction begin the write-ahead log anew, if nobody reads from it any more.
PRAGMA wal_checkpoint(RESTART)
