"""From a folder of finished FreeSurfer or FastSurfer subjects to one tidy table.

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
        NothingFoundError,
        StatsFormatError,
        TableError,
        UnknownNameError,
    )
    from fsstats.io import Cohort, check, load, load_cohort, merge, read_stats, read_table, write_table
    from fsstats.parsers import StatsFile, parse_stats
    from fsstats.tables import join, problems, to_long, to_wide

_HOME = {
    "Cohort": "fsstats.io",
    "ColumnsError": "fsstats.errors",
    "FsstatsError": "fsstats.errors",
    "FsstatsWarning": "fsstats.errors",
    "NothingFoundError": "fsstats.errors",
    "StatsFile": "fsstats.parsers",
    "StatsFormatError": "fsstats.errors",
    "TableError": "fsstats.errors",
    "UnknownNameError": "fsstats.errors",
    "check": "fsstats.io",
    "find_stats": "fsstats.discovery",
    "join": "fsstats.tables",
    "load": "fsstats.io",
    "load_cohort": "fsstats.io",
    "merge": "fsstats.io",
    "parse_stats": "fsstats.parsers",
    "problems": "fsstats.tables",
    "read_stats": "fsstats.io",
    "read_table": "fsstats.io",
    "to_long": "fsstats.tables",
    "to_wide": "fsstats.tables",
    "write_table": "fsstats.io",
}
_MODULES = ("datasets", "errors", "schema")

__all__ = [
    "Cohort",
    "ColumnsError",
    "FsstatsError",
    "FsstatsWarning",
    "NothingFoundError",
    "StatsFile",
    "StatsFormatError",
    "TableError",
    "UnknownNameError",
    "__version__",
    "check",
    "datasets",
    "errors",
    "find_stats",
    "join",
    "load",
    "load_cohort",
    "merge",
    "parse_stats",
    "problems",
    "read_stats",
    "read_table",
    "schema",
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
