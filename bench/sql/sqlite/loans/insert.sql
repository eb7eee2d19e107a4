-- Writes many rows at once. $1: an array of them in JSON, each an array of its columns, as in the file.
INSERT INTO loan_entry
    (happened_at, application, number, amount, registered_at, activity, lifecycle, resource)
SELECT
    row.value ->> 0,
    row.value ->> 1,
    CAST(row.value ->> 2 AS INTEGER),
    row.value ->> 3,
    row.value ->> 4,
    row.value ->> 5,
    row.value ->> 6,
    row.value ->> 7
FROM json_each($1) AS row
