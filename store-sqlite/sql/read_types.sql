-- Events of some types in order of position. A long payload is left out, since many rows are read ahead.
--
-- Of each type the first few are taken. Where one has more than that, others may stand between its
-- last and the next: nothing past the nearest such place is answered, and the next reading begins there.
-- So a rare type costs nothing but itself, and a common one is not read for the sake of a rare one.
--
-- $1: after that position. $2: up to that position. $3: how many of each type are left out when the last
-- of a page is looked for: one less than there are in it. $4: the types, as JSON.
-- Index: annals_event_type.
WITH page (ends) AS MATERIALIZED (
    SELECT min(coalesce(
        (
            SELECT event.position
            FROM annals_event AS event INDEXED BY annals_event_type
            WHERE event.type = wanted.value AND event.position > $1 AND event.position <= $2
            ORDER BY event.position
            LIMIT 1 OFFSET $3
        ),
        $2
    ))
    FROM json_each($4) AS wanted
)
SELECT
    position, revision, recorded_at, id, version, stream, type, metadata,
    iif(length(payload) <= 65536, payload, NULL) AS payload
FROM annals_event
WHERE position IN (
    -- Without their payloads, which would else all be sorted before the first is answered.
    SELECT event.position
    FROM json_each($4) AS wanted
    CROSS JOIN annals_event AS event INDEXED BY annals_event_type
    WHERE event.type = wanted.value
        AND event.position > $1
        AND event.position <= (SELECT page.ends FROM page)
)
ORDER BY position
