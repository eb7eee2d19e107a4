-- Adds a deposit to an account's row. The digest depends on every deposit, and on their order.
-- $1: the account.
-- $2: how many cents.
INSERT INTO tally (account, cents, deposits, digest)
VALUES ($1, $2, 1, $2)
ON CONFLICT (account) DO UPDATE SET
    cents = tally.cents + excluded.cents,
    deposits = tally.deposits + 1,
    digest = (tally.digest * 31 + excluded.digest) % 1000000007
