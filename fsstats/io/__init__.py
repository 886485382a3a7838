"""What reads and writes."""

from fsstats.io.files import read_table, write_table
from fsstats.io.load import Cohort, check, load, load_cohort, read_stats
from fsstats.io.merge import merge

__all__ = ["Cohort", "check", "load", "load_cohort", "merge", "read_stats", "read_table", "write_table"]
