-- How far each projection has come. It moves in the transaction that writes the read model.

CREATE TABLE checkpoint (
    name     text   NOT NULL COLLATE "C",
    position bigint NOT NULL,
    last_id  uuid, -- The event at that position; null at the start.
    CONSTRAINT checkpoint_name PRIMARY KEY (name)
);
