-- Writes many rows at once. $1 to $8: a column each, as in the file.
INSERT INTO loan_entry
    (happened_at, application, number, amount, registered_at, activity, lifecycle, resource)
SELECT
    given.happened_at,
    given.application,
    given.number::integer,
    given.amount,
    given.registered_at,
    given.activity,
    given.lifecycle,
    given.resource
FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[]
) AS given (happened_at, application, number, amount, registered_at, activity, lifecycle, resource)
