-- Ends one of the server's processes, as an operator would.
-- $1: its process id.
SELECT pg_terminate_backend($1) AS was_there
