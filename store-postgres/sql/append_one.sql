-- Records one event, if nothing speaks against it; else it does nothing and answers no row, and `append`
-- has to be asked what does. Why that is exact is said in docs/adr/0011-appends-on-postgresql.md.
-- $1: the stream. $2: how far it must be; -1: anywhere, -2: past its start. $3: which event must be its
-- last; null: whichever. $4: and when that must have been recorded. $5 to $9: id, type, version, metadata
-- and payload. $10: how far the log is at least, as far as one knows.
-- Indexes: event_position, event_id, event_stream_revision.
INSERT INTO annals.event AS new
    (position, revision, recorded_at, id, version, stream, type, metadata, payload)
SELECT
    coalesce(
        (
            SELECT event.position
            FROM annals.event
            -- From there on it is a few entries of the index, and not all on its last page.
            WHERE event.position >= $10
            ORDER BY event.position DESC
            LIMIT 1
        ),
        0
    ) + 1,
    coalesce(last.revision, 0) + 1,
    clock_timestamp(), $5, $7, $1, $6, $8::text::json, $9
FROM (SELECT) AS one
LEFT JOIN LATERAL (
    SELECT event.revision, event.id, event.recorded_at
    FROM annals.event
    WHERE event.stream = $1 AND event.revision >= $2
    ORDER BY event.revision DESC
    LIMIT 1
) AS last ON true
WHERE current_setting('transaction_isolation') = 'read committed'
    AND current_setting('synchronous_commit') <> 'off'
    AND CASE $2
        WHEN -1 THEN true
        WHEN -2 THEN last.revision IS NOT NULL
        ELSE coalesce(last.revision, 0) = $2
    END
    AND ($3::uuid IS NULL OR (last.id, last.recorded_at) IS NOT DISTINCT FROM ($3, $4))
    AND (SELECT event.id FROM annals.event WHERE event.id = $5) IS NULL
    -- The lock of `append`, if nobody has it.
    AND (SELECT pg_try_advisory_xact_lock(1634627692, 'annals.event'::regclass::oid::integer))
-- What was committed between this statement's snapshot and the lock has that position.
ON CONFLICT (position) DO NOTHING
RETURNING new.position, new.revision, new.recorded_at
