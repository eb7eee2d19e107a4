-- What is read until it ends is of one moment.
BEGIN DEFERRED
