-- The log for people and for other programs: payloads as text, where they are JSON.

CREATE VIEW annals_readable_event AS
SELECT
    position,
    -- Rounded down, also before 1970.
    strftime(
        '%Y-%m-%dT%H:%M:%S',
        (recorded_at - (recorded_at % 1000000 + 1000000) % 1000000) / 1000000,
        'unixepoch'
    ) || printf('.%06dZ', (recorded_at % 1000000 + 1000000) % 1000000) AS recorded_at,
    stream,
    revision,
    type,
    version,
    -- What stands behind a NUL is not looked at.
    iif(
        instr(payload, x'00') = 0 AND json_valid(CAST(payload AS TEXT)),
        CAST(payload AS TEXT),
        NULL
    ) AS payload,
    metadata,
    lower(hex(id)) AS id
FROM annals_event;
