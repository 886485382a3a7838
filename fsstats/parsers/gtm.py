"""PETSurfer's ``gtm.stats.dat``: uptake per region, without a header."""

from fsstats.parsers.formats import Format

FORMATS: tuple[Format, ...] = ()
