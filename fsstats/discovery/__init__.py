"""From folders to the files table."""

from fsstats.discovery.collect import GROUP_TABLE
from fsstats.discovery.find import find_stats, select_files
from fsstats.discovery.meanings import ON_REQUEST

__all__ = ["GROUP_TABLE", "ON_REQUEST", "find_stats", "select_files"]
