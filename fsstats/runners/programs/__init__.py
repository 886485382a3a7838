"""One module for the programs of each suite: their options, and their command lines as values."""
