-- All rows of the read model that the application's own statements have written.
SELECT
    account,
    cents,
    deposits,
    digest
FROM tally
