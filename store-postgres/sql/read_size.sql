-- How many bytes the schema has: the log, its indexes, read models that Annals keeps.
SELECT coalesce(sum(pg_total_relation_size(class.oid)), 0)::bigint AS size
FROM pg_class AS class
WHERE class.relnamespace = 'annals'::regnamespace AND class.relkind = 'r'
