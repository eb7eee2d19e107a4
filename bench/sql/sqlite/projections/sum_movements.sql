-- What the statements come to, whoever sent them.
SELECT coalesce(sum(total), 0) FROM raw_movement
