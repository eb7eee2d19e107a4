-- Small texts, each in an area under a key: checkpoints, leases, what was set aside. What they mean is decided
-- by who writes them.

CREATE TABLE annals_record (
    area    TEXT NOT NULL,
    key     TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (area, key)
) STRICT, WITHOUT ROWID;

-- Of each checkpoint what `annals-projections` now says of one: that of the first version of a projection, which
-- has all there is to itself. A `/` in a name would end it.
INSERT INTO annals_record (area, key, content)
SELECT
    'checkpoint',
    replace(replace(name, '%', '%25'), '/', '%2F') || '/1/0000',
    json_object(
        'end', 1024,
        'position', position,
        'last', iif(last_id IS NULL, NULL, lower(concat_ws(
            '-',
            hex(substr(last_id, 1, 4)),
            hex(substr(last_id, 5, 2)),
            hex(substr(last_id, 7, 2)),
            hex(substr(last_id, 9, 2)),
            hex(substr(last_id, 11, 6))
        ))),
        'owner', NULL
    )
FROM annals_checkpoint;

DROP TABLE annals_checkpoint;
