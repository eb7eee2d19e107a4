-- What is in the schema, in a line for each column, index, trigger and function: as PostgreSQL's catalogs
-- have it, and not as its versions write it out.
-- $1: the schema.
SELECT concat_ws(' ',
    'column', class.relname || '.' || attribute.attname,
    CASE WHEN type_.typtype = 'd' THEN type_.typname || ', which is' END,
    format_type(coalesce(nullif(type_.typbasetype, 0), type_.oid), attribute.atttypmod),
    collation_.collname,
    CASE WHEN attribute.attnotnull THEN 'not null' END
) AS line
FROM pg_attribute AS attribute
JOIN pg_class AS class ON class.oid = attribute.attrelid
JOIN pg_type AS type_ ON type_.oid = attribute.atttypid
LEFT JOIN pg_collation AS collation_
    ON collation_.oid = attribute.attcollation AND collation_.collname <> 'default'
WHERE class.relnamespace = to_regnamespace($1)
    AND class.relkind IN ('r', 'v')
    AND attribute.attnum > 0
    AND NOT attribute.attisdropped
UNION ALL
SELECT concat_ws(' ',
    CASE WHEN index.indisunique THEN 'unique index' ELSE 'index' END,
    named.relname, 'on', class.relname,
    (
        SELECT string_agg(attribute.attname, ', ' ORDER BY indexed.n)
        FROM unnest(index.indkey::smallint[]) WITH ORDINALITY AS indexed (attnum, n)
        JOIN pg_attribute AS attribute
            ON attribute.attrelid = class.oid AND attribute.attnum = indexed.attnum
    ),
    CASE WHEN NOT index.indisvalid THEN 'invalid' END
)
FROM pg_index AS index
JOIN pg_class AS named ON named.oid = index.indexrelid
JOIN pg_class AS class ON class.oid = index.indrelid
WHERE class.relnamespace = to_regnamespace($1)
UNION ALL
SELECT concat_ws(' ',
    'trigger', trigger_.tgname, 'on', class.relname, trigger_.tgtype, trigger_.tgenabled, function_.proname
)
FROM pg_trigger AS trigger_
JOIN pg_class AS class ON class.oid = trigger_.tgrelid
JOIN pg_proc AS function_ ON function_.oid = trigger_.tgfoid
WHERE class.relnamespace = to_regnamespace($1) AND NOT trigger_.tgisinternal
UNION ALL
SELECT concat_ws(' ',
    'function', function_.proname, md5(function_.prosrc),
    (
        SELECT string_agg(setting, ', ' ORDER BY setting)
        FROM unnest(function_.proconfig) AS setting
        WHERE setting NOT LIKE 'search_path=%'
    )
)
FROM pg_proc AS function_
WHERE function_.pronamespace = to_regnamespace($1)
ORDER BY line
