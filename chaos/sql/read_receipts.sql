-- Every row of the application's table. By no index: a crash may have left one that is wrong.
SELECT receipt.key
FROM receipt
ORDER BY receipt.key + 0
