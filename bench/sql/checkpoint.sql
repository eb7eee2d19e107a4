-- Writes out what is still in memory only.
CHECKPOINT
