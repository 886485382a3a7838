"""The reports of SIENAX and SIENA, and fsl_anat's summary of volumes."""

from fsstats.parsers.formats import Format

FORMATS: tuple[Format, ...] = ()
