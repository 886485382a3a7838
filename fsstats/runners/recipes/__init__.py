"""Several programs one after another, by a name."""
