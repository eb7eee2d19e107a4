-- What server and what database this is.
SELECT
    current_setting('server_version_num')::integer AS version,
    current_setting('server_encoding') AS encoding,
    to_regnamespace($1) IS NOT NULL AS has_schema,
    to_regclass($1 || '.migration') IS NOT NULL AS has_migrations
