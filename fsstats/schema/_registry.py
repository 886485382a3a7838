"""Descriptions of file kinds, atlases and measures: the ones that ship, those of installed packages, and a lab's own.

All three have one form, TOML, so that what a lab adds is read as what we ship:
``[[source]]``, ``[[region]]`` and ``[[measure]]`` tables.
"""

import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from hashlib import blake2b
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from typing import Any, Final, TypeVar

from fsstats.errors import KindsError, warn

Entry = Mapping[str, Any]
_T = TypeVar("_T")

ENTRY_POINTS: Final = "fsstats.kinds"
"""Packages name a TOML text under this group of entry points."""
_SHIPPED: Final = ("freesurfer", "subregions", "deep", "fastsurfer", "fsl")
_TABLES: Final = ("source", "region", "measure")
_added: list[tuple[str, Mapping[str, list[Entry]]]] = []
_caches: list[Callable[[], None]] = []


def of_registry(function: Callable[[], _T]) -> Callable[[], _T]:
    """Keep what a function without arguments works out from the descriptions, until one is added."""
    kept = cache(function)
    forget_with_registry(kept.cache_clear)
    return kept


def forget_with_registry(clear: Callable[[], None]) -> None:
    """Have a cache cleared whenever a description is added."""
    _caches.append(clear)


def add(text: str, where: str = "<text>") -> None:
    """Add descriptions in TOML; the same text twice counts once."""
    document = read(text, where)
    if (where, document) not in _added:
        _added.append((where, document))
        forget()


def take_back() -> None:
    """Take the last addition back."""
    _added.pop()
    forget()


def forget(*, added: bool = False) -> None:
    """Clear what was worked out, and with `added` also what was added: for tests."""
    if added:
        _added.clear()
    for clear in _caches:
        clear()


def added() -> tuple[tuple[str, Mapping[str, list[Entry]]], ...]:
    """Give what was added in this process, for another one to `share`."""
    return tuple(_added)


def share(documents: Sequence[tuple[str, Mapping[str, list[Entry]]]]) -> None:
    """Have added what another process has added, and nothing else."""
    if tuple(documents) != added():
        _added[:] = documents
        forget()


@of_registry
def checksum() -> str:
    """Give a check sum of all descriptions: what is read by others is something else."""
    text = json.dumps([*_shipped_texts(), *_installed(), *_added], sort_keys=True, default=str)
    return blake2b(text.encode(), digest_size=8).hexdigest()


def read(text: str, where: str) -> Mapping[str, list[Entry]]:
    """Read one TOML text of descriptions, and refuse tables that mean nothing here."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise KindsError.at(where, expected="TOML", found=f"something else ({error})") from error
    for name, tables in document.items():
        if name not in _TABLES or not (isinstance(tables, list) and all(isinstance(one, dict) for one in tables)):
            expected = "tables [[source]], [[region]] and [[measure]]"
            raise KindsError.at(where, expected=expected, found=f"{name!r}")
    return document


def entries(table: str) -> list[tuple[str, Entry]]:
    """Give every description of a sort (source, region, measure), each with where it stands; ours first."""
    documents = [*_shipped(), *_installed(), *_added]
    return [(where, entry) for where, document in documents for entry in document.get(table, [])]


@cache
def _shipped_texts() -> Sequence[tuple[str, str]]:
    folder = files("fsstats.schema").joinpath("kinds")
    return [(name, folder.joinpath(f"{name}.toml").read_text(encoding="utf-8")) for name in _SHIPPED]


@cache
def _shipped() -> Sequence[tuple[str, Mapping[str, list[Entry]]]]:
    return [(name, read(text, name)) for name, text in _shipped_texts()]


@cache
def _installed() -> Sequence[tuple[str, Mapping[str, list[Entry]]]]:
    """Read what other packages describe; one that cannot be read is named and costs no other."""
    found = []
    for point in entry_points(group=ENTRY_POINTS):
        try:
            found.append((point.value, read(_text(point), point.value)))
        except Exception as error:  # noqa: BLE001 - a stranger's package may fail in any way
            warn(f"the file kinds of {point.value} are left out: {error}")
    return found


def _text(point: EntryPoint) -> str:
    """Give the text that an entry point names: the text itself, a file of the package, or a function that gives it."""
    named = point.load()
    value = named() if callable(named) else named
    return value if isinstance(value, str) else value.read_text(encoding="utf-8")
