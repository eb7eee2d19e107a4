-- Which migrations were applied, each with a hash of its text.
CREATE TABLE annals.migration (
    number     integer     PRIMARY KEY,
    name       text        NOT NULL,
    hash       text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
