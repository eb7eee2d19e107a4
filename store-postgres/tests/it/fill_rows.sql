-- 100,000 rows in the table of a view and as many records, after those that are there. In the table, each
-- tenth has no number, and 100 owners have the others. Of the records, most are of things that were parked by a
-- view, and 100 are checkpoints. Nobody analyzes them.
ALTER TABLE view_statement SET (autovacuum_enabled = off);
ALTER TABLE record SET (autovacuum_enabled = off);
INSERT INTO view_statement (key, state, i_number, i_owner, plain)
SELECT
    lpad(n::text, 6, '0'),
    ('{"n":' || n || ', "text": "' || repeat('x', 100) || '"}')::json,
    CASE WHEN n % 10 = 0 THEN NULL ELSE n END,
    'owner-' || n % 100,
    n
FROM generate_series(1, 100000) AS n;
INSERT INTO record (area, key, content)
SELECT 'parked', 'view-' || n % 1000 || '/1/' || lpad(n::text, 6, '0'), repeat('x', 100)
FROM generate_series(1, 100000) AS n
UNION ALL
SELECT 'checkpoint', 'view-' || n || '/1/0000', '{}'
FROM generate_series(1, 100) AS n;
