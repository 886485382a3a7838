"""Folders that a walk looks into, wherever they lie: each is listed once, whatever is asked of it."""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from fsstats.discovery.footprint import Notes
from fsstats.errors import PlaceError
from fsstats.places import Place, is_archive, on_disk, place

Entry = os.DirEntry[str] | Place
"""What is in a folder; on this machine what the listing told, so that it need not be asked for again."""


class Spot(NamedTuple):
    """Where a folder lies."""

    text: str
    """Its address."""
    name: str
    real: str
    """Its address without links on the way."""
    place: Place | None = None
    """None on this machine in no archive: its `Path` is made where it is needed."""


def spot_of(where: Place) -> Spot:
    """Give the spot of a place."""
    if isinstance(where, Path):
        return Spot(str(where), where.name, os.path.realpath(where))
    return Spot(str(where), where.name, str(where), where)


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
    def text(self) -> str:
        """Its address."""
        return self.spot.text

    @property
    def place(self) -> Place:
        """The folder as a place."""
        return self.spot.place or Path(self.spot.text)

    @property
    def problem(self) -> str | None:
        """Say why it could not be listed."""
        return None if self.error is None else self.error.strerror or str(self.error)

    def address(self, name: str) -> str:
        """Give the address of what is called so in it."""
        text, where = self.spot.text, self.spot.place
        if where is not None:
            return str(where / name)
        return text + name if text.endswith(os.sep) else f"{text}{os.sep}{name}"

    def at(self, name: str) -> Place:
        """Give the place of what is called so in it."""
        return self.spot.place / name if self.spot.place is not None else Path(self.address(name))

    def names(self, but: Collection[str] = ()) -> list[str]:
        """Give the names in it, by the alphabet, but for some and hidden ones."""
        return sorted([name for name in self.entries if name not in but and not name.startswith(".")])

    def is_link(self, name: str) -> bool:
        """Say whether a name that is there is a link's; archives and servers show none."""
        entry = self.entries[name]
        return isinstance(entry, os.DirEntry | Path) and entry.is_symlink()

    def is_dir(self, name: str) -> bool:
        """Say whether a name is there and is a folder's; not if nobody may ask."""
        entry = self._asked(name)
        try:
            return entry is not None and entry.is_dir()
        except OSError:
            return False

    def is_file(self, name: str) -> bool:
        """Say whether a name is there and is a file's; not if nobody may ask."""
        entry = self._asked(name)
        try:
            return entry is not None and entry.is_file()
        except OSError:
            return False

    def _asked(self, name: str) -> Entry | None:
        """Note a link: what it leads to may come and go."""
        entry = self.entries.get(name)
        if entry is not None and self.is_link(name):
            self.notes.asked(self.address(name))
        return entry

    def sub(self, name: str) -> "Folder | None":
        """Look into a folder in it, once; None if there is none of that name."""
        if name not in self._within and self.is_dir(name):
            self._within[name] = look(self.spot_of(name), self.notes)
        return self._within.get(name)

    def spot_of(self, name: str) -> Spot:
        """Give the spot of a folder in it."""
        text = self.address(name)
        if self.spot.place is not None:
            return Spot(text, name, text, self.spot.place / name)
        real = os.path.realpath(text) if self.is_link(name) else os.path.join(self.spot.real, name)  # noqa: PTH118 - texts
        return Spot(text, name, real)

    def contents(self, but: Collection[str] = ()) -> tuple[list[str], list[Spot]]:
        """Give the names of its files, and its folders, an archive being one, but for some names and hidden ones.

        They are in order of their names, links last: what a link leads to has a name of its own, which counts.
        """
        files, folders = [], []
        for name in sorted(self.names(but), key=self.is_link):
            if self.is_dir(name):
                folders.append(self.spot_of(name))
            elif is_archive(self.address(name)):
                folders.append(spot_of(place(self.address(name))))
            else:
                files.append(name)
        return files, folders

    def read(self, *way: str) -> bytes | None:
        """Read a file below; None if there is none, and nothing of one that cannot be read."""
        name, *further = way
        if further:
            within = self.sub(name)
            return None if within is None else within.read(*further)
        if not self.is_file(name):
            return None
        try:
            return self.notes.read(self.address(name)) if self.spot.place is None else self.at(name).read_bytes()
        except OSError:
            return b""


def look(spot: Spot, notes: Notes) -> Folder:
    """Look into a folder."""
    folder = Folder(spot, notes, {})
    try:
        folder.entries = _on_this_machine(spot.text, notes) if spot.place is None else _elsewhere(spot.place, notes)
    except OSError as error:
        folder.error = error
    return folder


def _on_this_machine(text: str, notes: Notes) -> dict[str, Entry]:
    open_to_us = notes.folder(text)
    try:
        if not open_to_us:  # a listing tells kinds that nobody may ask for
            return {child.name: child for child in Path(text).iterdir()}
        with os.scandir(text) as found:
            return {entry.name: entry for entry in found}
    except OSError:
        notes.doubt(text)
        raise


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
