-- What is wrong with the file: its pages, tables and indexes. A single `ok` if nothing is.
PRAGMA integrity_check
