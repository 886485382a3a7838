"""The command line of fsstats: it translates words into one library call and prints what comes back."""
