-- Records events one after the other.
-- $1: each as JSON: its stream, its revision, its id in hexadecimal digits, its type, its version, its
-- metadata, where its payload begins in $4, counted from 1, and how long it is. $2: after which position.
-- $3: when. $4: all payloads, behind a byte that is not used.
INSERT INTO annals_event
    (position, revision, recorded_at, id, version, stream, type, metadata, payload)
SELECT
    $2 + 1 + event.key,
    event.value ->> 1,
    $3,
    unhex(event.value ->> 2),
    event.value ->> 4,
    event.value ->> 0,
    event.value ->> 3,
    event.value ->> 5,
    substr($4, event.value ->> 6, event.value ->> 7)
FROM jsonb_each($1) AS event
