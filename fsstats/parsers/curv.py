"""The curvature report of ``mris_curvature_stats``: free text, appended to at every run."""

from fsstats.parsers.formats import Format

FORMATS: tuple[Format, ...] = ()
