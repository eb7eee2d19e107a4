-- Wakes the readers of other processes. It has no effect of its own, so nobody waits for the disk.
-- $1: the channel. $2: how far the log is.
SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)
