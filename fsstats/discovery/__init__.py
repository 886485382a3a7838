"""From folders to the files table."""

from fsstats.discovery.collect import GROUP_TABLE, ON_REQUEST
from fsstats.discovery.find import find_stats, select_files

__all__ = ["GROUP_TABLE", "ON_REQUEST", "find_stats", "select_files"]
