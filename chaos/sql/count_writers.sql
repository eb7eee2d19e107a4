-- How many of the server's processes still work for a writer, also for one that is gone.
SELECT count(*) AS writers
FROM pg_stat_activity AS activity
WHERE activity.application_name = 'chaos-writer'
