"""Statistics: long table in, results table (or an adjusted long table) out; no files, no processes, no pictures."""
