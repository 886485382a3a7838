"""Where a report comes from: what was read, by what it was made, what was chosen."""

import hashlib
import platform
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Final

import pandas as pd

from fsstats._frames import printable
from fsstats._version import __version__
from fsstats.io._stores import PathLike, is_remote, path_of
from fsstats.reporting._numbers import count, of_bytes
from fsstats.reporting.blocks import Block, Cell, Head, Sheet, plain

_PACKAGES: Final = ("numpy", "pandas", "scipy", "statsmodels", "formulaic", "matplotlib")
_AT_ONCE: Final = 1 << 20


def provenance_of(inputs: Sequence[PathLike], options: Mapping[str, object], files: pd.DataFrame | None) -> list[Block]:
    """Give the tables of a section on provenance.

    Parameters
    ----------
    inputs : sequence of paths
        Files that were read.
    options : mapping
        What was chosen.
    files : DataFrame or None
        The files table.

    Returns
    -------
    list of Block
        What was read, what was chosen, and the versions of everything.
    """
    blocks: list[Block] = []
    if inputs:
        heads = (Head("File"), Head("Size", is_number=True), Head("SHA-256"))
        blocks.append(Sheet("Inputs", heads, tuple(_input(path) for path in inputs)))
    if files is not None and len(files):
        blocks.append(_programs(files))
    if options:
        rows = tuple(plain([name, _said(value)]) for name, value in options.items())
        blocks.append(Sheet("Choices", (Head("Option"), Head("Value")), rows))
    versions = {"fsstats": __version__, "Python": platform.python_version(), **_versions()}
    rows = tuple(plain(item) for item in versions.items())
    return [*blocks, Sheet("Software of this report", (Head("Program"), Head("Version")), rows)]


def _versions() -> dict[str, str]:
    return {name: metadata.version(name) for name in _PACKAGES}


def _input(path: PathLike) -> tuple[Cell, ...]:
    """Name a file, how large it is, and its check sum."""
    place = path_of(path)
    name = printable(str(path))
    if is_remote(place) or place.is_dir():
        return plain([name, "", "a folder or an address: no check sum"])
    size = place.stat().st_size
    return Cell(name), Cell(of_bytes(size), float(size)), Cell(sha256_of(place))


def sha256_of(path: Path) -> str:
    """Give the check sum of a file."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_AT_ONCE):
            found.update(part)
    return found.hexdigest()


def _programs(files: pd.DataFrame) -> Sheet:
    """Count the files of each program, version and state."""
    names = [name for name in ("tool", "version", "status") if name in files.columns]
    known = files[names].astype("object").where(files[names].notna(), "not known")
    counts = known.groupby(names, sort=True).size()
    rows = tuple(
        (*plain(label if isinstance(label, tuple) else (label,)), Cell(count(n), float(n)))
        for label, n in counts.items()
    )
    return Sheet(
        "Files of the study", (*(Head(name.capitalize()) for name in names), Head("Files", is_number=True)), rows
    )


def _said(value: object) -> str:
    if value is None:
        return "not given"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {one}" for name, one in value.items()) or "none"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(str, value)) or "none"
    return str(value)
