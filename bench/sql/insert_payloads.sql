-- Records many events at once, each first in its stream.
-- $1: the position before them. $2: their ids. $3: their payloads.
INSERT INTO payload.event
    (position, revision, recorded_at, id, version, stream, type, metadata, payload)
SELECT
    $1 + given.n,
    1,
    clock_timestamp(),
    given.id,
    1,
    'account:' || ($1 + given.n),
    'money-deposited',
    NULL,
    given.payload::bytea
FROM unnest($2::uuid[], $3::bytea[]) WITH ORDINALITY AS given (id, payload, n)
