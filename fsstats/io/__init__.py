"""What reads and writes."""

from fsstats.io.alltables import WrittenTables, write_freesurfer_tables
from fsstats.io.bids import write_bids
from fsstats.io.cohorts import read_cohort
from fsstats.io.designs import people_of, read_fsgd, read_qdec, write_fsgd, write_qdec
from fsstats.io.enigma import write_enigma
from fsstats.io.files import read_table, write_table
from fsstats.io.freesurfer import write_freesurfer_table
from fsstats.io.grouptables import read_group_table
from fsstats.io.load import Cohort, check, load, load_cohort, read_stats
from fsstats.io.merge import Merged, merge, merge_part
from fsstats.io.models import read_model, write_model
from fsstats.io.register import register
from fsstats.io.segstats import segstats
from fsstats.io.spreadsheets import write_redcap, write_spreadsheet

__all__ = [
    "Cohort",
    "Merged",
    "WrittenTables",
    "check",
    "load",
    "load_cohort",
    "merge",
    "merge_part",
    "people_of",
    "read_cohort",
    "read_fsgd",
    "read_group_table",
    "read_model",
    "read_qdec",
    "read_stats",
    "read_table",
    "register",
    "segstats",
    "write_bids",
    "write_enigma",
    "write_freesurfer_table",
    "write_freesurfer_tables",
    "write_fsgd",
    "write_model",
    "write_qdec",
    "write_redcap",
    "write_spreadsheet",
    "write_table",
]
