-- How many connections there were since the server's figures were last lost, which a crash does.
-- Null before PostgreSQL 14, which does not count them.
SELECT (to_jsonb(stat) ->> 'sessions')::bigint AS sessions
FROM pg_stat_database AS stat
WHERE stat.datname = current_database()
