"""Snapshots of segmentations over their images, on a page to rate them by."""

from fsstats.gallery.ratings import read_ratings
from fsstats.gallery.snapshots import snapshots

__all__ = ["read_ratings", "snapshots"]
