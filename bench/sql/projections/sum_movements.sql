-- What the statements come to, whoever sent them.
SELECT coalesce(sum(movement.total), 0)::bigint FROM raw.movement
