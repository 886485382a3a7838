"""Text that ``fslstats`` printed, and the JSON of volumes per structure made of it."""

from fsstats.parsers.formats import Format

FORMATS: tuple[Format, ...] = ()
