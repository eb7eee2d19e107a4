-- What a server in use has long done by itself.
VACUUM (ANALYZE)
