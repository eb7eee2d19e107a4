-- The table that rows of a loan log are written to by hand, on either database.
CREATE TABLE loan_entry (
    happened_at   TEXT    NOT NULL,
    application   TEXT    NOT NULL,
    number        INTEGER NOT NULL,
    amount        TEXT    NOT NULL,
    registered_at TEXT    NOT NULL,
    activity      TEXT    NOT NULL,
    lifecycle     TEXT    NOT NULL,
    resource      TEXT    NOT NULL,
    PRIMARY KEY (application, number)
)
