-- How many bytes the database has, its write-ahead log aside.
SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()
