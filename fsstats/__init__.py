"""From a folder of finished FreeSurfer, FastSurfer or FSL subjects to one tidy table.

>>> import fsstats as fs  # doctest: +SKIP
>>> table = fs.load("derivatives/freesurfer")  # doctest: +SKIP

Names are loaded on first use, so that importing the package takes milliseconds.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from fsstats._version import __version__

if TYPE_CHECKING:
    from fsstats import datasets, errors, schema
    from fsstats.discovery import find_stats
    from fsstats.errors import (
        ColumnsError,
        FsstatsError,
        FsstatsWarning,
        KindsError,
        NothingFoundError,
        PlaceError,
        ScriptError,
        StatsFormatError,
        TableError,
        UnknownNameError,
    )
    from fsstats.io import (
        Cohort,
        Merged,
        WrittenTables,
        check,
        load,
        load_cohort,
        merge,
        merge_part,
        people_of,
        read_cohort,
        read_fsgd,
        read_group_table,
        read_qdec,
        read_stats,
        read_table,
        register,
        segstats,
        write_bids,
        write_enigma,
        write_freesurfer_table,
        write_freesurfer_tables,
        write_fsgd,
        write_qdec,
        write_redcap,
        write_spreadsheet,
        write_table,
    )
    from fsstats.parsers import Format, StatsFile, parse_stats
    from fsstats.tables import (
        AparcTable,
        AsegTable,
        enigma_tables,
        euler,
        freesurfer_table,
        join,
        problems,
        sessions,
        to_long,
        to_wide,
    )

_HOME = {
    "AparcTable": "fsstats.tables",
    "AsegTable": "fsstats.tables",
    "Cohort": "fsstats.io",
    "ColumnsError": "fsstats.errors",
    "Format": "fsstats.parsers",
    "FsstatsError": "fsstats.errors",
    "FsstatsWarning": "fsstats.errors",
    "KindsError": "fsstats.errors",
    "Merged": "fsstats.io",
    "NothingFoundError": "fsstats.errors",
    "PlaceError": "fsstats.errors",
    "ScriptError": "fsstats.errors",
    "StatsFile": "fsstats.parsers",
    "StatsFormatError": "fsstats.errors",
    "TableError": "fsstats.errors",
    "UnknownNameError": "fsstats.errors",
    "WrittenTables": "fsstats.io",
    "check": "fsstats.io",
    "enigma_tables": "fsstats.tables",
    "euler": "fsstats.tables",
    "find_stats": "fsstats.discovery",
    "freesurfer_table": "fsstats.tables",
    "join": "fsstats.tables",
    "load": "fsstats.io",
    "load_cohort": "fsstats.io",
    "merge": "fsstats.io",
    "merge_part": "fsstats.io",
    "parse_stats": "fsstats.parsers",
    "people_of": "fsstats.io",
    "problems": "fsstats.tables",
    "read_cohort": "fsstats.io",
    "read_fsgd": "fsstats.io",
    "read_group_table": "fsstats.io",
    "read_qdec": "fsstats.io",
    "read_stats": "fsstats.io",
    "read_table": "fsstats.io",
    "register": "fsstats.io",
    "segstats": "fsstats.io",
    "sessions": "fsstats.tables",
    "to_long": "fsstats.tables",
    "to_wide": "fsstats.tables",
    "write_bids": "fsstats.io",
    "write_enigma": "fsstats.io",
    "write_freesurfer_table": "fsstats.io",
    "write_freesurfer_tables": "fsstats.io",
    "write_fsgd": "fsstats.io",
    "write_qdec": "fsstats.io",
    "write_redcap": "fsstats.io",
    "write_spreadsheet": "fsstats.io",
    "write_table": "fsstats.io",
}
_MODULES = ("datasets", "errors", "schema")

__all__ = [
    "AparcTable",
    "AsegTable",
    "Cohort",
    "ColumnsError",
    "Format",
    "FsstatsError",
    "FsstatsWarning",
    "KindsError",
    "Merged",
    "NothingFoundError",
    "PlaceError",
    "ScriptError",
    "StatsFile",
    "StatsFormatError",
    "TableError",
    "UnknownNameError",
    "WrittenTables",
    "__version__",
    "check",
    "datasets",
    "enigma_tables",
    "errors",
    "euler",
    "find_stats",
    "freesurfer_table",
    "join",
    "load",
    "load_cohort",
    "merge",
    "merge_part",
    "parse_stats",
    "people_of",
    "problems",
    "read_cohort",
    "read_fsgd",
    "read_group_table",
    "read_qdec",
    "read_stats",
    "read_table",
    "register",
    "schema",
    "segstats",
    "sessions",
    "to_long",
    "to_wide",
    "write_bids",
    "write_enigma",
    "write_freesurfer_table",
    "write_freesurfer_tables",
    "write_fsgd",
    "write_qdec",
    "write_redcap",
    "write_spreadsheet",
    "write_table",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Load a public name on first use."""
        if name in _MODULES:
            return import_module(f"fsstats.{name}")
        if name not in _HOME:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        value = globals()[name] = getattr(import_module(_HOME[name]), name)
        return value

    def __dir__() -> list[str]:
        """List the public names, loaded or not."""
        return sorted({*globals(), *__all__})
