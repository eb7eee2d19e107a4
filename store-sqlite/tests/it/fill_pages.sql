-- 200,000 events of about 1 KiB, in one stream.
INSERT INTO annals_event
    (position, revision, recorded_at, id, version, stream, type, metadata, payload)
WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 200000)
SELECT n, n, 0, unhex(printf('%032x', n)), 1, 'test:it', 'noted', NULL, zeroblob(1000)
FROM counted
