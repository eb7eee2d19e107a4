-- Everything as it is now, in a new file.
-- $1: its path.
VACUUM INTO $1
