"""FIRST's ``.bvars``: three lines of text, then the mode parameters as binary numbers."""

from fsstats.parsers.formats import Format

FORMATS: tuple[Format, ...] = ()
