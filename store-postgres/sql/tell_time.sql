-- The time, as it is now and not when the transaction began.
SELECT clock_timestamp() AS now
