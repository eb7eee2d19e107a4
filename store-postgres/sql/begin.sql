-- Whatever the defaults of the database are: each statement sees what was committed before it.
BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE
