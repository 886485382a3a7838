"""What the names in a folder mean; worked out once for all folders that are called alike and hold the same names."""

import os
import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from fsstats._frames import printable
from fsstats.discovery.folders import Spot
from fsstats.discovery.naming import stated_subject
from fsstats.places import on_disk
from fsstats.schema import Identity, Source, identify, source_of, sources

_IMAGE: Final = re.compile(r"\.(?:nii|hdr|img)(?:\.gz)?$")


class Kind(NamedTuple):
    """Which file of a subject: source, hemisphere, part."""

    source: str
    hemi: str | None = None
    part: str | None = None


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


class Meanings:
    """What names mean in folders. Good for one walk, since kinds of file may be added later."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Mapping[str, Meaning]] = {}
        folders = [pattern.count("/") for kind in sources().values() for pattern, _ in kind.files]
        self._depth = max(1, *folders)

    def of(self, spot: Spot, names: Sequence[str], way: tuple[str, ...] = ()) -> Mapping[str, Meaning]:
        """Give what those of the names mean that mean anything, in their order; `way` leads to the folder."""
        around = self._around(spot)
        key = (spot.text if around is None else around, way, *names)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = _meanings(spot, around, names, way)
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


def _meanings(spot: Spot, around: str | None, names: Sequence[str], way: tuple[str, ...]) -> dict[str, Meaning]:
    addresses = [spot.address(name) if around is None else f"{around}/{name}" for name in names]
    said = {name: identify(address) for name, address in zip(names, addresses, strict=True)}
    stems = {_IMAGE.sub("", name) for name in names}
    return {
        name: meaning(name, identity, (*way, name), fits=_fits(identity, stems))
        for name, identity in said.items()
        if identity is not None
    }


def _fits(identity: Identity, stems: set[str]) -> bool:
    """Say whether the files are there beside which alone a name means what it seems to."""
    source = source_of(identity.source)
    if source is None or not source.beside:
        return True
    return any(pattern.format(prefix=identity.prefix) in stems for pattern in source.beside)
