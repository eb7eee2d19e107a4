-- A place for one log and what belongs to it.
CREATE SCHEMA annals
