"""From the text of a stats file to its values. Pure: nothing here opens a file."""

from fsstats.parsers._header import MeasureLine, Remark
from fsstats.parsers.definitions import MIXED_MEANING, definitions
from fsstats.parsers.long import Layout, Shape, chosen, layout_of, long_table, shape_of, values_of
from fsstats.parsers.stats import contradiction, parse_stats, summarise
from fsstats.parsers.statsfile import StatsFile

__all__ = [
    "MIXED_MEANING",
    "Layout",
    "MeasureLine",
    "Remark",
    "Shape",
    "StatsFile",
    "chosen",
    "contradiction",
    "definitions",
    "layout_of",
    "long_table",
    "parse_stats",
    "shape_of",
    "summarise",
    "values_of",
]
