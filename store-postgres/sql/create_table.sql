-- A table that a view is kept in, without its indexes. Rows change often: with room in each page they stay in
-- it, and in no need of new entries in indexes, as far as no indexed column changes.
CREATE TABLE annals.:table (
    key text COLLATE "C" NOT NULL,
    state json NOT NULL:columns,
    CONSTRAINT :constraint PRIMARY KEY (key)
) WITH (fillfactor = 70)
