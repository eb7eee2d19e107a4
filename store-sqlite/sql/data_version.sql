-- A number that is another one after somebody else has written.
PRAGMA data_version
