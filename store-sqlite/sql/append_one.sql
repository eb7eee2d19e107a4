-- Records one event, if nothing speaks against it, and answers where; else it does nothing and answers no
-- row. It is a transaction by itself, which has the lock to write from its beginning.
-- $1: the stream. $2: how far it must be; -1: anywhere, -2: past its start. $3: which event must be its
-- last; null: whichever. $4: and when that must have been recorded. $5: when this is recorded. $6 to $10:
-- id, type, version, metadata and payload.
-- Indexes: annals_event_id, annals_event_stream_revision.
INSERT INTO annals_event
    (position, revision, recorded_at, id, version, stream, type, metadata, payload)
SELECT
    (SELECT coalesce(max(position), 0) + 1 FROM annals_event),
    coalesce(last.revision, 0) + 1,
    $5, $6, $8, $1, $7, $9, $10
FROM (SELECT 1) AS one
LEFT JOIN annals_event AS last ON last.position = (
    SELECT event.position
    FROM annals_event AS event
    WHERE event.stream = $1
    ORDER BY event.revision DESC
    LIMIT 1
)
WHERE CASE $2
        WHEN -1 THEN true
        WHEN -2 THEN last.revision IS NOT NULL
        ELSE coalesce(last.revision, 0) = $2
    END
    AND ($3 IS NULL OR (last.id IS $3 AND last.recorded_at IS $4))
    AND NOT EXISTS (SELECT 1 FROM annals_event WHERE id = $6)
RETURNING position, revision
