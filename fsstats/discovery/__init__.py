"""From folders to the files table."""

from fsstats.discovery.find import find_stats, select_files

__all__ = ["find_stats", "select_files"]
