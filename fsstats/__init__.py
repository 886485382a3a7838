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
        StatsFormatError,
        TableError,
        UnknownNameError,
    )
    from fsstats.io import (
        Cohort,
        Merged,
        check,
        load,
        load_cohort,
        merge,
        merge_part,
        read_group_table,
        read_stats,
        read_table,
        register,
        segstats,
        write_table,
    )
    from fsstats.parsers import Format, StatsFile, parse_stats
    from fsstats.tables import euler, join, problems, sessions, to_long, to_wide

_HOME = {
    "Cohort": "fsstats.io",
    "Merged": "fsstats.io",
    "ColumnsError": "fsstats.errors",
    "Format": "fsstats.parsers",
    "FsstatsError": "fsstats.errors",
    "FsstatsWarning": "fsstats.errors",
    "KindsError": "fsstats.errors",
    "NothingFoundError": "fsstats.errors",
    "PlaceError": "fsstats.errors",
    "StatsFile": "fsstats.parsers",
    "StatsFormatError": "fsstats.errors",
    "TableError": "fsstats.errors",
    "UnknownNameError": "fsstats.errors",
    "check": "fsstats.io",
    "euler": "fsstats.tables",
    "find_stats": "fsstats.discovery",
    "join": "fsstats.tables",
    "load": "fsstats.io",
    "load_cohort": "fsstats.io",
    "merge": "fsstats.io",
    "merge_part": "fsstats.io",
    "parse_stats": "fsstats.parsers",
    "problems": "fsstats.tables",
    "read_group_table": "fsstats.io",
    "read_stats": "fsstats.io",
    "read_table": "fsstats.io",
    "register": "fsstats.io",
    "segstats": "fsstats.io",
    "sessions": "fsstats.tables",
    "to_long": "fsstats.tables",
    "to_wide": "fsstats.tables",
    "write_table": "fsstats.io",
}
_MODULES = ("datasets", "errors", "schema")

__all__ = [
    "Cohort",
    "ColumnsError",
    "Format",
    "FsstatsError",
    "FsstatsWarning",
    "KindsError",
    "Merged",
    "NothingFoundError",
    "PlaceError",
    "StatsFile",
    "StatsFormatError",
    "TableError",
    "UnknownNameError",
    "__version__",
    "check",
    "datasets",
    "errors",
    "euler",
    "find_stats",
    "join",
    "load",
    "load_cohort",
    "merge",
    "merge_part",
    "parse_stats",
    "problems",
    "read_group_table",
    "read_stats",
    "read_table",
    "register",
    "schema",
    "segstats",
    "sessions",
    "to_long",
    "to_wide",
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
