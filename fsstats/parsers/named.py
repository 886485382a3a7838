"""A structure's name and its volume a line: subfields, nuclei, brainstem, and their ``.stats`` twins."""

from fsstats.parsers.formats import Format

FORMATS: tuple[Format, ...] = ()
