"""From the text of a stats file to its values. Pure: nothing here opens a file."""

from fsstats.parsers._build import stats_file
from fsstats.parsers._header import MeasureLine, Remark
from fsstats.parsers._text import summarise
from fsstats.parsers.definitions import MIXED_MEANING, definitions
from fsstats.parsers.formats import Format, add_format, parse_stats
from fsstats.parsers.long import Layout, Shape, chosen, layout_of, long_table, shape_of, values_of
from fsstats.parsers.stats import contradiction
from fsstats.parsers.statsfile import StatsFile

__all__ = [
    "MIXED_MEANING",
    "Format",
    "Layout",
    "MeasureLine",
    "Remark",
    "Shape",
    "StatsFile",
    "add_format",
    "chosen",
    "contradiction",
    "definitions",
    "layout_of",
    "long_table",
    "parse_stats",
    "shape_of",
    "stats_file",
    "summarise",
    "values_of",
]
