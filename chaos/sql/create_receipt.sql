-- The table of the application: a row for each append that was made in a transaction with one.
CREATE TABLE receipt (
    key bigint NOT NULL,
    CONSTRAINT receipt_key PRIMARY KEY (key)
)
