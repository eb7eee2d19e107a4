-- The server's processes that serve writers and readers, and whether each is at work.
SELECT activity.pid, coalesce(activity.state <> 'idle', false) AS is_busy
FROM pg_stat_activity AS activity
WHERE activity.application_name IN ('chaos-writer', 'chaos-reader')
ORDER BY activity.pid
