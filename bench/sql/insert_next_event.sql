-- Records one event behind the revision that was read; the database gives it its position.
-- $1: that revision. $2 to $7: id, version, stream, type, metadata, payload.
INSERT INTO raw.numbered_event (revision, recorded_at, id, version, stream, type, metadata, payload)
VALUES ($1 + 1, clock_timestamp(), $2, $3, $4, $5, $6::text::json, $7)
