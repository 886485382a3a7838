"""What reads and writes."""

from fsstats.io.files import read_table, write_table
from fsstats.io.grouptables import read_group_table
from fsstats.io.load import Cohort, check, load, load_cohort, read_stats
from fsstats.io.merge import Merged, merge, merge_part
from fsstats.io.register import register
from fsstats.io.segstats import segstats

__all__ = [
    "Cohort",
    "Merged",
    "check",
    "load",
    "load_cohort",
    "merge",
    "merge_part",
    "read_group_table",
    "read_stats",
    "read_table",
    "register",
    "segstats",
    "write_table",
]
