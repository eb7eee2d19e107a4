-- Events that might have been recorded: streams that grow side by side, of ten types.
-- $1, $2: after which position, and up to which. $3: how many streams.
INSERT INTO annals.event
    (position, revision, recorded_at, id, version, stream, type, metadata, payload)
SELECT
    filled.n,
    (filled.n - 1) / $3 + 1,
    timestamptz '2025-01-01 00:00:00Z' + filled.n * interval '1 millisecond',
    -- UUIDv7: milliseconds, version, chance.
    overlay(lpad(to_hex(1735689600000 + filled.n), 12, '0') || md5(filled.n::text) PLACING '7' FROM 13)::varchar(32)::uuid,
    1,
    'account:' || (filled.n - 1) % $3,
    CASE
        WHEN filled.n % 100000 = 0 THEN 'account-audited'
        ELSE (ARRAY[
            'account-opened', 'account-renamed',
            'money-deposited', 'money-sent', 'money-received',
            'money-withdrawn', 'fee-charged', 'interest-paid', 'limit-set'
        ])[filled.kind]
    END,
    NULL,
    convert_to(
        CASE
            WHEN filled.kind <= 2 OR filled.n % 100000 = 0 THEN format('{"owner":"Ada %s"}', filled.n)
            WHEN filled.kind <= 5 THEN format('{"cents":%s,"reference":"invoice 2012-%s"}', filled.n, filled.n)
            ELSE format('{"cents":%s}', filled.n)
        END,
        'UTF8'
    )
FROM (
    SELECT n, ((n - 1) / $3 % 9 + 1)::integer AS kind
    FROM generate_series($1 + 1, $2) AS n
) AS filled
