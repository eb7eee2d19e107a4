-- Arguments: position, revision, recorded_at, id, version, stream, type, metadata, payload.
INSERT INTO event (position, revision, recorded_at, id, version, stream, type, metadata, payload)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
