"""Tables from tables: nothing here opens a file."""

from fsstats.tables.assemble import Block, assemble
from fsstats.tables.enigma import enigma_tables
from fsstats.tables.euler import euler
from fsstats.tables.freesurfer import AparcTable, AsegTable, freesurfer_table
from fsstats.tables.join import join
from fsstats.tables.problems import count_subjects, describe, problems
from fsstats.tables.sessions import sessions
from fsstats.tables.shape import to_long, to_wide
from fsstats.tables.versions import with_versions

__all__ = [
    "AparcTable",
    "AsegTable",
    "Block",
    "assemble",
    "count_subjects",
    "describe",
    "enigma_tables",
    "euler",
    "freesurfer_table",
    "join",
    "problems",
    "sessions",
    "to_long",
    "to_wide",
    "with_versions",
]
