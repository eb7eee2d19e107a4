-- One who migrates at a time, until its transaction ends.
SELECT pg_advisory_xact_lock(1634627692, -1)
