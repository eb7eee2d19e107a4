-- How the application's statements are best answered, is for the planner to say.
SELECT set_config('enable_seqscan', 'on', true), set_config('enable_bitmapscan', 'on', true)
