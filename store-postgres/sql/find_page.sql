-- A page of rows, if a record is unchanged; answered as in find_rows.sql.
-- $1 to $3: the record's area, its key, and what it said. The others are those of the page.
-- Index: record_key.
SELECT kept.*
FROM annals.record
LEFT JOIN LATERAL (
:page
) AS kept ON true
WHERE record.area = $1 AND record.key = $2 AND record.content = $3
ORDER BY :order
