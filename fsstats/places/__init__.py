"""Folders, archives and addresses on servers, read like folders; nothing is unpacked to disk."""

from fsstats.places._addresses import file_of, is_packed, is_web, local, tidy_url
from fsstats.places._place import (
    Place,
    around,
    faults,
    is_archive,
    is_archive_root,
    on_disk,
    place,
    read_bytes,
    read_local,
)
from fsstats.places._sources import LIMIT
from fsstats.places.remote import mark_in, named_errors

__all__ = [
    "LIMIT",
    "Place",
    "around",
    "faults",
    "file_of",
    "is_archive",
    "is_archive_root",
    "is_packed",
    "is_web",
    "local",
    "mark_in",
    "named_errors",
    "on_disk",
    "place",
    "read_bytes",
    "read_local",
    "tidy_url",
]
