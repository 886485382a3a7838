"""Folders, archives and addresses that can be read like folders (stand-in until the real one is here)."""

import os
from pathlib import Path

Place = Path


def place(address: str | os.PathLike[str]) -> Place:
    """Give the place of an address."""
    return Path(address)


def is_archive(path: str) -> bool:
    """Say whether a path is an archive."""
    return False


def is_archive_root(path: Place) -> bool:
    """Say whether a place is an archive's root."""
    return False


def faults(path: Place) -> list[str]:
    """Say what is wrong with an archive."""
    return []


def read_bytes(address: str, *, limit: int | None = None) -> bytes:
    """Read a file."""
    return Path(address).read_bytes()
