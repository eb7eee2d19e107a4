-- For each number of events a stream with as many, all of a type of their own, one stream after the other;
-- and at the end of each stream an event of another type, and elsewhere a last one of that.
INSERT INTO event (position, revision, recorded_at, id, version, stream, type, payload)
SELECT
    row_number() OVER (ORDER BY count, n),
    n,
    now(),
    gen_random_uuid(),
    1,
    'test:' || count,
    CASE WHEN n > count THEN 'other' ELSE 'of-' || count END,
    '{}'
FROM unnest(string_to_array(current_setting('test.counts'), ',')::integer[]) AS count
CROSS JOIN LATERAL generate_series(1, count + 1) AS n
