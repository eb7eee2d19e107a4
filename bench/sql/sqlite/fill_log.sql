-- Events that might have been recorded: streams that grow side by side, of ten types.
-- $1: how many events. $2: how many streams.
WITH RECURSIVE filled (n, kind) AS (
    SELECT 1, 0
    UNION ALL
    SELECT n + 1, n / $2 % 9 FROM filled WHERE n < $1
)
INSERT INTO annals_event
    (position, revision, recorded_at, id, version, stream, type, metadata, payload)
SELECT
    n,
    (n - 1) / $2 + 1,
    1735689600000000 + n * 1000,
    -- UUIDv7: milliseconds, version, chance.
    unhex(printf('%012x', 1735689600000 + n) || '7' || substr(hex(randomblob(10)), 2)),
    1,
    'account:' || ((n - 1) % $2),
    CASE
        WHEN n % 100000 = 0 THEN 'account-audited'
        ELSE json_array(
            'account-opened', 'account-renamed',
            'money-deposited', 'money-sent', 'money-received',
            'money-withdrawn', 'fee-charged', 'interest-paid', 'limit-set'
        ) ->> kind
    END,
    NULL,
    CAST(
        CASE
            WHEN kind <= 1 OR n % 100000 = 0 THEN printf('{"owner":"Ada %d"}', n)
            WHEN kind <= 4 THEN printf('{"cents":%d,"reference":"invoice 2012-%d"}', n, n)
            ELSE printf('{"cents":%d}', n)
        END AS BLOB
    )
FROM filled
