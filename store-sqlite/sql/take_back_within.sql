ROLLBACK TO annals_append;
RELEASE annals_append
