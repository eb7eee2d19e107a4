-- Notes an append in the table of the application.
-- $1: the append's key.
INSERT INTO public.receipt (key) VALUES ($1)
