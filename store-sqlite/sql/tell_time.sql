-- What time it is, in microseconds since 1970, to the millisecond.
SELECT CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000
