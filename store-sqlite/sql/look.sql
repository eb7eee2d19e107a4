-- What an append meets, in one row: how far the log is; which of its events are recorded already; what
-- its streams end with, of those that have events. Both count from 0.
-- $1: the streams of all its parts, as JSON. $2: the ids of all its events, in hexadecimal digits, as JSON.
-- Indexes: annals_event_id, annals_event_stream_revision.
SELECT
    (SELECT coalesce(max(position), 0) FROM annals_event) AS head,
    (
        SELECT json_group_array(given.key)
        FROM json_each($2) AS given
        WHERE EXISTS (SELECT 1 FROM annals_event WHERE id = unhex(given.value))
    ) AS known,
    (
        SELECT json_group_array(
            json_array(part.key, last.revision, hex(last.id), last.recorded_at)
        )
        FROM json_each($1) AS part
        CROSS JOIN annals_event AS last ON last.position = (
            SELECT event.position
            FROM annals_event AS event
            WHERE event.stream = part.value
            ORDER BY event.revision DESC
            LIMIT 1
        )
    ) AS ends
