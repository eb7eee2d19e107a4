-- Removes a table that a view was kept in.
DROP TABLE IF EXISTS annals.:table
