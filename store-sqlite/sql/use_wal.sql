-- Readers and the writer do not wait for each other. What is answered is the mode it is in then.
PRAGMA journal_mode = WAL
