-- The read model that is written by the application's own statements: a row for each account.
CREATE TABLE tally (
    account text NOT NULL,
    cents bigint NOT NULL,
    deposits bigint NOT NULL,
    digest bigint NOT NULL,
    CONSTRAINT tally_account PRIMARY KEY (account)
)
