-- What server and what database this is. The tables are asked, since `to_regclass` may remember that
-- something was not there a moment ago.
-- $1: the schema.
SELECT
    current_setting('server_version_num')::integer AS version,
    current_setting('server_encoding') AS encoding,
    EXISTS (
        SELECT FROM pg_namespace AS namespace WHERE namespace.nspname = $1
    ) AS has_schema,
    EXISTS (
        SELECT FROM pg_class AS class
        JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
        WHERE namespace.nspname = $1 AND class.relname = 'migration'
    ) AS has_migrations,
    current_setting('annals.is_direct', true) IS NOT NULL AS is_direct
