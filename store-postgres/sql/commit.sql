-- Makes everything since BEGIN lasting and visible, at once.
COMMIT
