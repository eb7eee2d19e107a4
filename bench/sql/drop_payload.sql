-- Makes room for the next.
DROP SCHEMA payload CASCADE;
