-- A page that goes on from where a column holds something to where it holds nothing, or the other way round.
-- Each part is found by itself, since no index finds what is one or the other.
SELECT kept.*
FROM (
(
:first
)
UNION ALL
(
:second
)
) AS kept
ORDER BY :order
LIMIT $4
