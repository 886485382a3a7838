"""From folders to the files table."""

from fsstats.discovery.find import find_stats

__all__ = ["find_stats"]
