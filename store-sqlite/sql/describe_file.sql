-- What is in a database before anything is done: whether it has tables at all, whether a log is among
-- them, and whose it says it is.
SELECT
    EXISTS (SELECT 1 FROM sqlite_schema) AS has_tables,
    EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'annals_migration') AS has_migrations,
    (SELECT encoding FROM pragma_encoding) AS encoding
