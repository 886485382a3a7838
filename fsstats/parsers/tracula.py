"""TRACULA's path statistics: ``pathstats.overall.txt`` and ``pathstats.byvoxel.txt``."""

from fsstats.parsers.formats import Format

FORMATS: tuple[Format, ...] = ()
