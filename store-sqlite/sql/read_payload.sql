-- A payload that was left out.
-- $1: the position of its event.
SELECT payload FROM annals_event WHERE position = $1
