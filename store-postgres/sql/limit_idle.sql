-- For this transaction alone: after how long of doing nothing the server takes it back.
-- $1: how long, in milliseconds.
SELECT set_config('idle_in_transaction_session_timeout', $1, true)
