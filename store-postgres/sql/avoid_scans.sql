-- Plans of our own statements are kept, also those that were made while a table was small.
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)
