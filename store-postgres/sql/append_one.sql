-- Records one event, if nothing speaks against it. The arguments and the answer are those of the function,
-- which is in migrations/0006_append_one.sql.
-- Indexes: event_position, event_id, event_stream_revision.
SELECT answer.position_, answer.revision_, answer.recorded_at_
FROM annals.append_one($1, $2, $3, $4, $5, $6, $7, $8, $9) AS answer
