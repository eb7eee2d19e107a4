-- Puts a number into a row of a view, as it is, where its decimals were read as another one's.
-- `column`: where. $1: the key. $2: the number.
-- Index: that of the key.
UPDATE {table} SET {column} = $2 WHERE key = $1
