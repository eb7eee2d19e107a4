-- Wakes the readers of other processes. Without an effect of its own, so that it can be left out.
-- $1: the channel. $2: how far the log is.
SELECT pg_notify($1, $2)
