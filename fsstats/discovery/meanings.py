"""What the names in a folder mean; worked out once for all folders that are called alike and hold the same names."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from fsstats.discovery.folders import Folder
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
    fits: bool
    """Whether the files lie beside it without which its name means something else."""
    stated: str | None
    """The subject that the name states."""


def meaning(name: str, identity: Identity, *, fits: bool = True) -> Meaning:
    """Put together what a name says."""
    kind = Kind(identity.source, identity.hemi, identity.part)
    return Meaning(name, identity, kind, source_of(identity.source), fits, stated_subject(name))


class Meanings:
    """What names mean in folders. Good for one walk, since kinds of file may be added later."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], Mapping[str, Meaning]] = {}
        self._depth = max((pattern.count("/") for kind in sources().values() for pattern, _ in kind.files), default=0)

    def of(self, folder: Folder, names: Sequence[str]) -> Mapping[str, Meaning]:
        """Give what those of the names mean that mean anything, in the order of the names."""
        around = self._around(folder)
        key = (folder.text if around is None else around, *names)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = _meanings(folder, around, names)
        return found

    def _around(self, folder: Folder) -> str | None:
        """Give the folders on whose names meanings depend; None if the whole address has to be looked at."""
        if folder.spot.place is not None and on_disk(folder.spot.place) is None:
            return None  # addresses of servers are in a spelling of their own
        inside = folder.address("x").partition("::")[0].replace("\\", "/")
        return "/".join(inside.split("/")[-self._depth - 1 : -1]) if inside.endswith("/x") else None


def _meanings(folder: Folder, around: str | None, names: Sequence[str]) -> dict[str, Meaning]:
    addresses = (folder.address(name) if around is None else f"{around}/{name}" for name in names)
    said = {name: identify(address) for name, address in zip(names, addresses, strict=True)}
    stems = {_IMAGE.sub("", name) for name in names}
    return {
        name: meaning(name, identity, fits=_fits(identity, stems))
        for name, identity in said.items()
        if identity is not None
    }


def _fits(identity: Identity, stems: set[str]) -> bool:
    """Say whether the files are there beside which alone a name means what it seems to."""
    source = source_of(identity.source)
    if source is None or not source.beside:
        return True
    return any(pattern.format(prefix=identity.prefix) in stems for pattern in source.beside)
