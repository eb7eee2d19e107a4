-- Small texts, each in an area (what kind it is) under a key: checkpoints, and all else that is known about
-- read models. What they mean is decided in the crate `annals-projections`.

-- Room in each page: a record that changes often, as a checkpoint does, stays in its page, and in no need of
-- a new entry in the index.
CREATE TABLE record (
    area    text NOT NULL COLLATE "C",
    key     text NOT NULL COLLATE "C",
    content text NOT NULL,
    CONSTRAINT record_key PRIMARY KEY (area, key)
) WITH (fillfactor = 50);

-- What was a checkpoint becomes a record. First those who still move one are waited for: else it could be
-- copied as it was before, and what they wrote with it would be written again.
LOCK TABLE checkpoint IN ACCESS EXCLUSIVE MODE;

INSERT INTO record (area, key, content)
SELECT
    'checkpoint',
    replace(replace(checkpoint.name, '%', '%25'), '/', '%2F') || '/1/0000',
    format(
        '{"end":1024,"position":%s,"last":%s,"owner":null}',
        checkpoint.position,
        coalesce('"' || checkpoint.last_id || '"', 'null')
    )
FROM checkpoint;

DROP TABLE checkpoint;
