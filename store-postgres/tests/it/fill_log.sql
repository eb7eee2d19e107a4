-- 200,000 events after those that are there: every other one in the stream `test:long`, the others in 5,000
-- streams `test:1`, `test:3` and so on; of ten types, and every 9,973rd of the type `rare`. Their ids are
-- known by their number. Nobody analyzes the table.
ALTER TABLE event SET (autovacuum_enabled = off);
INSERT INTO event (position, revision, recorded_at, id, version, stream, type, payload)
SELECT
    before.head + n,
    CASE n % 2 WHEN 0 THEN n / 2 ELSE n / 10000 + 1 END,
    now(),
    md5(n::text)::uuid,
    1,
    CASE n % 2 WHEN 0 THEN 'test:long' ELSE 'test:' || n % 10000 END,
    CASE n % 9973 WHEN 0 THEN 'rare' ELSE 'common-' || n % 10 END,
    convert_to(repeat('x', 100), 'UTF8')
FROM generate_series(1, 200000) AS n
CROSS JOIN (SELECT coalesce(max(position), 0) AS head FROM event) AS before;
