-- Records one event, without checking anything.
-- $1 to $8: position, revision, id, version, stream, type, metadata, payload.
INSERT INTO raw.event
    (position, revision, recorded_at, id, version, stream, type, metadata, payload)
VALUES ($1, $2, clock_timestamp(), $3, $4, $5, $6, $7::text::json, $8)
