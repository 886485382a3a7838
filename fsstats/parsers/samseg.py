"""SAMSEG's volumes: Measures of three parts, and their CSV."""

from fsstats.parsers.formats import Format

FORMATS: tuple[Format, ...] = ()
