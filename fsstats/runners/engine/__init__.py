"""What runs commands: one on this machine, or the jobs of a cohort, with limits, state and claims."""
