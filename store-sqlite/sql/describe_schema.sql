-- Everything of ours, as it was defined.
SELECT type, name, sql FROM sqlite_schema WHERE name LIKE 'annals\_%' ESCAPE '\' AND sql IS NOT NULL
