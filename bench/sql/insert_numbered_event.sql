-- Records one event; the database gives it its position.
-- $1 to $7: revision, id, version, stream, type, metadata, payload.
INSERT INTO raw.numbered_event (revision, recorded_at, id, version, stream, type, metadata, payload)
VALUES ($1, clock_timestamp(), $2, $3, $4, $5, $6::text::json, $7)
