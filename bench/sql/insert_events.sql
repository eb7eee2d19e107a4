-- Records many events at once, without checking anything.
-- $1 to $8, a column each: position, revision, id, version, stream, type, metadata, payload.
INSERT INTO raw.event
    (position, revision, recorded_at, id, version, stream, type, metadata, payload)
SELECT
    given.position,
    given.revision,
    clock_timestamp(),
    given.id,
    given.version,
    given.stream,
    given.type,
    given.metadata::json,
    given.payload
FROM unnest(
    $1::bigint[], $2::bigint[], $3::uuid[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::bytea[]
) AS given (position, revision, id, version, stream, type, metadata, payload)
