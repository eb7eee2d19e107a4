-- Whose transaction holds the lock under which positions are given out, and for how long it is open.
SELECT
    activity.pid,
    extract(epoch FROM clock_timestamp() - activity.xact_start)::float8 AS age,
    coalesce(activity.application_name, '') AS application,
    coalesce(activity.state, '') AS state
FROM pg_locks AS held
JOIN pg_stat_activity AS activity ON activity.pid = held.pid
WHERE held.locktype = 'advisory'
    AND held.granted
    AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (held.classid, held.objid, held.objsubid)
        = (1634627692, 'annals.event'::regclass::oid, 2)
