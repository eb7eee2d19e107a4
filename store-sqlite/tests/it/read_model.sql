SELECT value FROM model WHERE key = $1
