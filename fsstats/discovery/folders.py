"""Folders that a walk looks into, wherever they lie: each is listed once, whatever is asked of it."""

import errno
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from fsstats.discovery.footprint import Notes
from fsstats.errors import PlaceError
from fsstats.places import Place, around, is_archive, on_disk, place

Entry = os.DirEntry[str] | Place
"""What is in a folder; on this machine what the listing told, so that it need not be asked for again."""
RUNS: Final = "fsstats-run"
"""The folder in that of a cohort in which `fsstats.runners` remembers its runs: it holds no subject."""
_WITH_LINKS: Final = (os.DirEntry, Path)
"""Entries that may be links; archives and servers show none."""


class Spot(NamedTuple):
    """Where a folder lies."""

    text: str
    """Its address."""
    name: str
    real: str
    """Its address without links on the way."""
    start: str
    """How addresses in it begin, on this machine or in an archive."""
    end: str = ""
    """How they end."""
    where: Place | None = None
    """None on this machine in no archive: its `Path` is made where it is needed."""

    @property
    def place(self) -> Place:
        """The folder as a place."""
        return self.where or Path(self.text)

    def address(self, name: str) -> str:
        """Give the address of what is called so in it."""
        return f"{self.start}{name}{self.end}" if self.start else str(self.place / name)

    def at(self, name: str) -> Place:
        """Give the place of what is called so in it."""
        return Path(self.start + name) if self.where is None else self.where / name


def spot_of(where: Place) -> Spot:
    """Give the spot of a place."""
    text = str(where)
    if isinstance(where, Path):
        return Spot(text, where.name, os.path.realpath(where), os.path.join(text, ""))  # noqa: PTH118 - texts
    start, end = around(where)
    return Spot(text, where.name, text, start, end, where)


@dataclass(slots=True, eq=False)
class Folder:
    """A folder that was looked into."""

    spot: Spot
    notes: Notes
    entries: Mapping[str, Entry]
    """By name; empty if it could not be listed."""
    error: OSError | None = None
    _within: dict[str, "Folder"] = field(default_factory=dict)

    @property
    def problem(self) -> str | None:
        """Say why it could not be listed."""
        return None if self.error is None else self.error.strerror or str(self.error)

    def names(self, but: Collection[str] = ()) -> list[str]:
        """Give the names in it, by the alphabet, but for some, hidden ones, and our own."""
        return sorted([name for name in self.entries if name[0] != "." and name != RUNS and name not in but])

    def is_link(self, name: str) -> bool:
        """Say whether a name that is there is a link's; not if nobody may ask."""
        entry = self.entries[name]
        try:
            return isinstance(entry, _WITH_LINKS) and entry.is_symlink()
        except OSError:
            return False

    def is_dir(self, name: str) -> bool:
        """Say whether a name is there and is a folder's; not if nobody may ask."""
        return name in self.entries and _says(self._asked(name).is_dir)

    def is_file(self, name: str) -> bool:
        """Say whether a name is there and is a file's; not if nobody may ask."""
        return name in self.entries and _says(self._asked(name).is_file)

    def _asked(self, name: str) -> Entry:
        """Note a link: what it leads to may come and go."""
        if self.is_link(name):
            self.notes.asked(self.spot.address(name))
        return self.entries[name]

    def doubtful(self, names: Iterable[str]) -> Sequence[str]:
        """Give those of the names of which the listing alone does not tell that they are files'."""
        if self.spot.where is not None:
            return ()
        entries = self.entries
        return [
            name
            for name in names
            if not isinstance(entry := entries[name], os.DirEntry) or not entry.is_file(follow_symlinks=False)
        ]

    def sub(self, name: str) -> "Folder | None":
        """Look into a folder in it, once; None if there is none of that name."""
        if name not in self._within and self.is_dir(name):
            self._within[name] = look(self.spot_of(name), self.notes)
        return self._within.get(name)

    def spot_of(self, name: str) -> Spot:
        """Give the spot of a folder in it."""
        spot, text = self.spot, self.spot.address(name)
        if spot.where is not None:
            return spot_of(spot.where / name)
        if self.is_link(name):
            real = os.path.realpath(text)
        elif spot.real == spot.text:
            real = text
        else:
            real = f"{spot.real.removesuffix(os.sep)}{os.sep}{name}"
        return Spot(text, name, real, text + os.sep)

    def contents(self, names: Iterable[str]) -> tuple[list[str], list[Spot]]:
        """Part names in it into those of files, and folders, an archive being one.

        They are in order of their names, links last: what a link leads to has a name of its own, which counts.
        """
        files, folders = [], []
        for name in sorted(names, key=self.is_link):
            if self.is_dir(name):
                folders.append(self.spot_of(name))
            elif is_archive(self.spot.address(name)):
                folders.append(spot_of(place(self.spot.address(name))))
            else:
                files.append(name)
        return files, folders

    def read_below(self, way: Sequence[str]) -> bytes | None:
        """Read a file in it or in a folder in it; None if there is none."""
        *folders, name = way
        folder: Folder | None = self
        for part in folders:
            folder = folder.sub(part) if folder is not None else None
        return folder.read(name) if folder is not None else None

    def read(self, name: str) -> bytes | None:
        """Read a file in it; None if there is none, and nothing of one that cannot be read."""
        if not self.is_file(name):
            return None
        try:
            if self.spot.where is None:
                return self.notes.read(self.spot.address(name))
            return self.spot.at(name).read_bytes()
        except OSError:
            return b""


def _says(ask: Callable[[], bool]) -> bool:
    """Give the answer to a question; no if nobody may ask it."""
    try:
        return ask()
    except OSError:
        return False


def look(spot: Spot, notes: Notes) -> Folder:
    """Look into a folder."""
    try:
        return Folder(spot, notes, _listed(spot.text, notes) if spot.where is None else _elsewhere(spot.where, notes))
    except OSError as error:
        return Folder(spot, notes, {}, error)


def _listed(path: str, notes: Notes) -> dict[str, Entry]:
    open_to_us = notes.folder(path)
    try:
        with os.scandir(path) as found:
            entries: dict[str, Entry] = {entry.name: entry for entry in found}
        if entries and not open_to_us:  # names can be seen, and nothing behind them
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
    except OSError:
        notes.doubt(path)
        raise
    return entries


def _elsewhere(where: Place, notes: Notes) -> dict[str, Entry]:
    path = on_disk(where)
    if path is None:
        notes.local = False
    else:
        notes.asked(path)
    try:
        return {child.name: child for child in where.iterdir()}
    except PlaceError:
        raise
    except OSError:
        if path is not None:
            notes.doubt(path)
        raise
