-- What the view comes to.
SELECT coalesce(sum(total), 0) FROM annals_view_statement_1
