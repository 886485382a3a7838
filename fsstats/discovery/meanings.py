"""What the names in a folder mean; worked out once for all folders that are called alike and hold the same names."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from fsstats._frames import printable
from fsstats.discovery.folders import Spot
from fsstats.discovery.naming import stated_subject
from fsstats.places import on_disk
from fsstats.schema import Identity, Source, identify, source_of, sources

ON_REQUEST: Final = "read only if sources names it"
_IMAGE: Final = re.compile(r"\.(?:nii|hdr|img)(?:\.gz)?$")


class Kind(NamedTuple):
    """Which file of a subject: source, hemisphere, part."""

    source: str
    hemi: str | None = None
    part: str | None = None


class Told(NamedTuple):
    """What a row of the files table tells of a file itself, whoever's it is."""

    name: str
    """The end of its path."""
    source: str | None = None
    hemi: str | None = None
    part: str | None = None
    status: str | None = None
    problem: str | None = None


class Meaning(NamedTuple):
    """What a file's name says."""

    name: str
    identity: Identity
    kind: Kind
    source: Source | None
    """Its kind, if we know it."""
    way: tuple[str, ...]
    """The way to it from the subject's folder."""
    stated: str | None
    """The subject that the name states."""
    plain: bool
    """Whether the name can be written anywhere."""
    fits: bool = True
    """Whether the files lie beside it without which its name means something else."""


def meaning(name: str, identity: Identity, way: tuple[str, ...] = (), *, fits: bool = True) -> Meaning:
    """Put together what a name says."""
    kind = Kind(identity.source, identity.hemi, identity.part)
    plain = printable(name) == name
    return Meaning(name, identity, kind, source_of(identity.source), way, stated_subject(name), plain, fits)


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """What the names in a folder mean, and what follows from it for every folder that holds the same."""

    by_name: Mapping[str, Meaning]
    """What those mean that mean anything, in their order."""
    meanings: Sequence[Meaning]
    """The same, but for those beside which a file is lacking that they need."""
    names: Sequence[str]
    """The names of these."""
    told: Sequence[Told]
    """What the row of each tells, if nothing is wrong with the file."""
    unknown: Sequence[str]
    """The names of files of no known kind."""
    personal: bool
    """Whether a row depends on whose the file is."""
    prefixed: bool
    """Whether a user's prefix stands before any."""
    plain: bool
    """Whether all names can be written anywhere."""


def names_of(said: Iterable[Meaning]) -> Names:
    """Put together what the names of files in one folder mean."""
    by_name = {one.name: one for one in said}
    meanings = [one for one in by_name.values() if one.fits]
    return Names(
        by_name,
        meanings,
        names=[one.name for one in meanings],
        told=[_told(one) for one in meanings],
        unknown=[one.name for one in meanings if one.source is None],
        personal=any(one.stated or (one.source and one.source.tool == "FSL") for one in meanings),
        prefixed=any(one.identity.prefix for one in meanings),
        plain=all(one.plain for one in meanings),
    )


def _told(said: Meaning) -> Told:
    asked_for = said.source is not None and said.source.on_request
    status, problem = ("skipped", ON_REQUEST) if asked_for else ("found", None)
    return Told(said.name, said.kind.source or None, said.kind.hemi, said.kind.part, status, problem)


NOTHING: Final = names_of([])
"""What the names in an empty folder mean."""


class Meanings:
    """What names mean in folders. Good for one walk, since kinds of file may be added later."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Names] = {}
        folders = [pattern.count("/") for kind in sources().values() for pattern, _ in kind.files]
        self._depth = max(1, *folders)

    def of(self, spot: Spot, names: Sequence[str], way: tuple[str, ...] = ()) -> Names:
        """Give what those of the names mean that mean anything, in their order; `way` leads to the folder."""
        around = self._around(spot)
        key = (spot.text if around is None else around, way, *names)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = names_of(_meanings(spot, around, names, way))
        return found

    def _around(self, spot: Spot) -> str | None:
        """Give the folders on whose names meanings depend; None if the whole address has to be looked at."""
        if spot.where is None:
            folders = spot.text.replace(os.sep, "/")
            if "::" in folders:
                return None
        elif on_disk(spot.where) is not None:
            folders = spot.address("x").partition("/x::")[0]
        else:
            return None  # addresses of servers are in a spelling of their own
        return "/".join(folders.rsplit("/", self._depth)[-self._depth :])


def _meanings(spot: Spot, around: str | None, names: Sequence[str], way: tuple[str, ...]) -> Iterator[Meaning]:
    addresses = [spot.address(name) if around is None else f"{around}/{name}" for name in names]
    said = {name: identify(address) for name, address in zip(names, addresses, strict=True)}
    stems = {_IMAGE.sub("", name) for name in names}
    for name, identity in said.items():
        if identity is not None:
            yield meaning(name, identity, (*way, name), fits=_fits(identity, stems))


def _fits(identity: Identity, stems: set[str]) -> bool:
    """Say whether the files are there beside which alone a name means what it seems to."""
    source = source_of(identity.source)
    if source is None or not source.beside:
        return True
    return any(pattern.format(prefix=identity.prefix) in stems for pattern in source.beside)
