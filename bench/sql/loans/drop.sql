-- Takes the table of rows written by hand away.
DROP TABLE IF EXISTS loan_entry
