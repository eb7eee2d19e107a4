-- Events of some types in order of position, each with how far the log is now. If there are none, that is
-- all that is answered, in a row of nulls: else nobody could tell a log that has none of them from one
-- that lost its tail.
--
-- Of each type the first few are taken. Where one has more than that, others may stand between its
-- last and the next: nothing past the nearest such place is answered, and the next reading begins there.
-- So a rare type costs nothing but itself, and a common one is not read for the sake of a rare one.
--
-- $1: after that position. $2: up to that position. $3: at most so many of each type. $4: the types.
-- Index: event_type_position. Compared as rows, type and position can be found by no other.
WITH found AS MATERIALIZED (
    SELECT event.*
    FROM unnest($4::text[]) AS wanted (type)
    CROSS JOIN LATERAL (
        SELECT event.*, row_number() OVER (ORDER BY event.type, event.position) AS n
        FROM annals.event
        WHERE (event.type, event.position) > (wanted.type, $1)
            AND (event.type, event.position) <= (wanted.type, $2)
        ORDER BY event.type, event.position
        LIMIT $3
    ) AS event
)
SELECT
    found.position,
    found.revision,
    found.recorded_at,
    found.id,
    found.version,
    found.stream,
    found.type,
    found.metadata,
    found.payload,
    log.ends
FROM (SELECT coalesce(max(event.position), 0) AS ends FROM annals.event) AS log
LEFT JOIN found ON found.position
    <= (SELECT coalesce(min(full_type.position), $2) FROM found AS full_type WHERE full_type.n = $3)
ORDER BY found.position
