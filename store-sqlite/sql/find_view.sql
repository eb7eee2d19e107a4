-- Whether a record says what it is thought to say, and the table of a view is there.
-- $1: the area of the record. $2: its key. $3: what it says. $4: the name of the table.
-- Index: the primary key of the record.
SELECT
    EXISTS (
        SELECT 1
        FROM annals_record AS record
        WHERE record.area = $1 AND record.key = $2 AND record.content = $3
    )
    AND EXISTS (SELECT 1 FROM sqlite_schema AS kept WHERE kept.type = 'table' AND kept.name = $4)
