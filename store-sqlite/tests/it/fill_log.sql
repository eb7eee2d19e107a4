-- 100,000 events: every 5,000th of a rare type, the others of nine; every other one in one long stream,
-- the others in streams of ten.
INSERT INTO annals_event
    (position, revision, recorded_at, id, version, stream, type, metadata, payload)
WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 100000)
SELECT
    n,
    iif(n % 2 = 0, n / 2, (n % 20 + 1) / 2),
    1700000000000000 + n,
    unhex(printf('%032x', n)),
    1,
    iif(n % 2 = 0, 'test:long', 'test:' || (n / 20)),
    iif(n % 5000 = 0, 'rare', 'common-' || (n % 9)),
    NULL,
    CAST('{}' AS BLOB)
FROM counted
ORDER BY n
