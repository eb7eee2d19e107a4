-- The files that a connection is to: number, name and path of each. Unlike the table of that name, this
-- begins no transaction.
PRAGMA database_list
