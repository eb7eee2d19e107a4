-- Everything in the schema that is first in the search path, as PostgreSQL writes it out.
SELECT format('%s %s.%s %s', class.relkind, class.relname, attribute.attname,
    concat_ws(' ', format_type(attribute.atttypid, attribute.atttypmod), attribute.attcollation,
        attribute.attnotnull, pg_get_expr(preset.adbin, preset.adrelid))) AS line
FROM pg_class AS class
LEFT JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid
LEFT JOIN pg_attrdef AS preset
    ON preset.adrelid = class.oid AND preset.adnum = attribute.attnum
WHERE class.relnamespace = current_schema()::regnamespace
UNION ALL
SELECT replace(pg_get_indexdef(indexrelid), current_schema(), 'here')
FROM pg_index
JOIN pg_class ON pg_class.oid = indrelid
WHERE relnamespace = current_schema()::regnamespace
UNION ALL
SELECT concat_ws(' ', conname, contype, pg_get_constraintdef(oid))
FROM pg_constraint
WHERE connamespace = current_schema()::regnamespace
UNION ALL
SELECT replace(concat_ws(' ', tgenabled, pg_get_triggerdef(pg_trigger.oid)), current_schema(), 'here')
FROM pg_trigger
JOIN pg_class ON pg_class.oid = tgrelid
WHERE relnamespace = current_schema()::regnamespace
UNION ALL
SELECT replace(pg_get_functiondef(oid), current_schema(), 'here')
FROM pg_proc
WHERE pronamespace = current_schema()::regnamespace
UNION ALL
SELECT replace(pg_get_viewdef(oid), current_schema(), 'here')
FROM pg_class
WHERE relkind = 'v' AND relnamespace = current_schema()::regnamespace
ORDER BY line
