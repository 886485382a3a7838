"""One subject's volumes as one row of a CSV: SynthSeg, hypothalamic subunits."""

from fsstats.parsers.formats import Format

FORMATS: tuple[Format, ...] = ()
