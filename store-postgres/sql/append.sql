-- Records many appends at once, in one round trip. The arguments and the answer are those of the
-- function, which is in migrations/0002_append.sql.
-- Indexes: event_position, event_id, event_stream_revision.
SELECT
    answer.refusal,
    answer.recorded_at,
    answer.head,
    answer.actual,
    answer.met,
    answer.known,
    answer.refused
FROM annals.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) AS answer
