-- Where in a stream an event stands.
-- $1: its id. $2: the stream.
-- Index: annals_event_id.
SELECT revision FROM annals_event WHERE id = $1 AND stream = $2
