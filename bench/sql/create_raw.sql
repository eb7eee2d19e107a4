-- The tables of the raw ways: the same columns and the same indexes as ours, without checks and triggers.
CREATE SCHEMA raw;

-- Positions are given out by whoever writes.
CREATE TABLE raw.event (LIKE annals.event INCLUDING INDEXES);
ALTER TABLE raw.event
    ALTER COLUMN position TYPE bigint,
    ALTER COLUMN revision TYPE bigint,
    ALTER COLUMN version TYPE integer;

-- Positions are given out by the database, as transactions come, with gaps and out of order.
CREATE TABLE raw.numbered_event (LIKE raw.event INCLUDING INDEXES);
ALTER TABLE raw.numbered_event ALTER COLUMN position ADD GENERATED ALWAYS AS IDENTITY;
