-- What the view comes to.
SELECT coalesce(sum(kept.total), 0)::bigint FROM annals.view_statement_1 AS kept
