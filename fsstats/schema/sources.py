"""Kinds of file: what a file's name says, which atlas its rows belong to, and which parser reads it.

The kinds themselves are data: ``kinds/*.toml``.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import lru_cache
from typing import Any, Final, NamedTuple

from fsstats.errors import KindsError, UnknownNameError
from fsstats.schema._registry import Entry, entries, forget_with_registry, of_registry
from fsstats.schema.versions import number

_HEMI: Final = {"lh": "lh", "rh": "rh", "l": "lh", "r": "rh", "left": "lh", "right": "rh"}
_NAME: Final = re.compile(r"^(?:(?P<hemi>[lr]h)\.)?(?P<source>.+)\.stats$", re.DOTALL)
DEFAULT_FORMAT: Final = "stats"


class Identity(NamedTuple):
    """What a file's name says of it."""

    source: str
    """Kind of file, with its variant behind a dot where the kind has any (``hippoSf.T1.v21``)."""
    hemi: str | None = None
    part: str | None = None
    """Which part it is, where a source is several files: a tract, a tissue class, a structure."""
    prefix: str = ""
    """What a user put in front of the name that the program gives (FSL's output prefix)."""


class FileName(NamedTuple):
    """How files of a kind are called."""

    pattern: str
    """A regular expression, with folders where the name alone says too little.

    Groups: ``hemi``; ``v1``, ``v2`` … are the variant; ``part``; ``prefix``.
    """
    variant: str | None = None
    """The variant, where it is not just the groups joined by dots: ``T1-{v1}.{v2}``."""


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of file that we know by name; other ``.stats`` files are read all the same."""

    name: str
    """The value in our ``source`` column."""
    description: str
    tool: str = "FreeSurfer"
    atlas: str | None = None
    """The atlas whose region names it uses."""
    format: str = DEFAULT_FORMAT
    """The parser that reads it."""
    files: tuple["FileName", ...] = ()
    """Its file names. A kind whose files are called ``<name>.stats`` or ``?h.<name>.stats`` needs none."""
    complete: bool = False
    """Whether a whole file has a row for every region of its atlas."""
    absent: tuple[tuple[str, str | None], ...] = ()
    """Regions of the atlas that this kind of file never has (None), or not up to a release."""
    hemispheric: bool = False
    measures: tuple[str, ...] = ()
    """The header Measures that make it whole, where it has no table."""
    family: bool = False
    """Whether its names have variants behind a dot (analysis, version) that are sources of their own."""
    on_request: bool = False
    """Whether it is read only if ``sources`` names it."""
    beside: tuple[str, ...] = ()
    """For names that say too little: names of files, of which one must lie in the same folder.

    ``{prefix}`` stands for what the user put in front; image suffixes are left out.
    """

    def lacks(self, region: str, version: str | None) -> bool:
        """Say whether files of this kind, written by this release, have no row for a region of the atlas."""
        written = number(version)
        for name, until in self.absent:
            if name == region:
                last = number(until)
                return last is None or written is None or written[: len(last)] <= last
        return False


@of_registry
def sources() -> Mapping[str, Source]:
    """Give every kind of file that is known, by name; of two of one name the last that was added counts.

    Examples
    --------
    >>> sources()["aparc.DKTatlas"].description
    'Cortex, DKT atlas'
    """
    return {source.name: source for source in (_source(where, entry) for where, entry in entries("source"))}


def _source(where: str, entry: Entry) -> Source:
    """Make a `Source` of its description, and refuse what is no such description."""
    known = {field.name: field for field in fields(Source)}
    place = f"{where}: [[source]] {entry.get('name', '')}".rstrip()
    unknown = sorted(set(entry) - set(known))
    needed = sorted(name for name, field in known.items() if field.default is MISSING and name not in entry)
    if unknown or needed:
        found = f"unknown {unknown[0]!r}" if unknown else f"no {needed[0]!r}"
        raise KindsError.at(place, expected=f"keys among {', '.join(known)}", found=found)
    values = {name: _value(place, name, value) for name, value in entry.items()}
    _require_types(place, values)
    _require_patterns(place, values.get("files", ()))
    return Source(**values)


_ITEMS: Final = {"files": ("pattern", "variant"), "absent": ("region", "until")}
"""What the tables in a list may hold: something that must be there, and something that may."""


def _value(place: str, name: str, value: Any) -> Any:
    """Make lists tuples, and their items what a `Source` holds."""
    if not isinstance(value, list):
        return value
    if name not in _ITEMS:
        return tuple(value)
    due, perhaps = _ITEMS[name]
    tables = [item if isinstance(item, dict) else {due: item} for item in value]
    wrong = next((table for table in tables if due not in table or not set(table) <= {due, perhaps}), None)
    if wrong is not None or not all(isinstance(text, str) for table in tables for text in table.values()):
        expected = f"{name} as texts or tables of {due} and {perhaps}"
        raise KindsError.at(place, expected=expected, found=repr(wrong or value))
    pairs = [(table[due], table.get(perhaps)) for table in tables]
    return tuple(FileName(*pair) for pair in pairs) if name == "files" else tuple(pairs)


def _require_types(place: str, values: Mapping[str, Any]) -> None:
    wanted = {"bool": bool, "str": str, "str | None": str}
    for field in fields(Source):
        kind = wanted.get(getattr(field.type, "__name__", str(field.type)), tuple)
        if field.name in values and not isinstance(values[field.name], kind):
            raise KindsError.at(place, expected=f"{field.name} as {kind.__name__}", found=repr(values[field.name]))


def _require_patterns(place: str, names: tuple[FileName, ...]) -> None:
    for pattern, variant in names:
        try:
            groups = re.compile(pattern).groupindex
        except re.error as error:
            raise KindsError.at(place, expected="a regular expression", found=f"{pattern!r} ({error})") from error
        try:
            (variant or "").format(**dict.fromkeys(groups, ""))
        except (LookupError, ValueError) as error:
            raise KindsError.at(place, expected=f"a variant of {', '.join(groups)}", found=repr(variant)) from error


def source_of(name: str | None) -> Source | None:
    """Find the kind of a source, be it a variant of a family; None for a kind that is not known.

    Examples
    --------
    >>> source_of("aparc.pial").atlas, source_of("my.own.atlas")
    ('aparc', None)
    """
    return _find_source(name) if name else None


def is_of(source: str, name: str) -> bool:
    """Say whether a source is the one of this name, or a variant of the family of this name.

    Examples
    --------
    >>> is_of("hippoSf.T1.v21", "hippoSf"), is_of("aparc.pial", "aparc")
    (True, False)
    """
    known = source_of(source)
    return source == name or (known is not None and known.family and known.name == name)


@lru_cache(maxsize=4096)
def _find_source(name: str) -> Source | None:
    known = sources()
    if name in known:
        return known[name]
    stem = name
    while "." in stem:
        stem = stem.rpartition(".")[0]
        if stem in known and known[stem].family:
            return known[stem]
    return None


forget_with_registry(_find_source.cache_clear)


def identify(path: str) -> Identity | None:
    """Read source, hemisphere and part out of a file's name; None for a name that says nothing.

    Parameters
    ----------
    path : str
        A file name, with the folders around it where there are any; a member of an archive as
        ``zip://folder/name::archive``.

    Returns
    -------
    Identity or None
        Source, hemisphere, part, prefix.

    Examples
    --------
    >>> identify("sub-01/stats/lh.aparc.a2009s.stats")[:2], identify("aseg.stats").source, identify("aseg.mgz")
    (('aparc.a2009s', 'lh'), 'aseg', None)
    """
    parts = path.partition("::")[0].replace("\\", "/").split("/")
    for depth in _patterns():
        found = _match("/".join(parts[-depth:]), depth)
        if found is not None:
            return found
    return _match_stats(parts[-1])


def kind_of(path: str) -> Source | None:
    """Find the kind of file that a name says; None for a name of no known kind.

    Examples
    --------
    >>> kind_of("sub-01/stats/lh.aparc.pial.stats").name, kind_of("lh.my.own.stats")
    ('aparc.pial', None)
    """
    said = identify(path)
    return source_of(said.source) if said else None


_Pattern = tuple[re.Pattern[str], str | None, Source]


@of_registry
def _patterns() -> Mapping[int, tuple[_Pattern, ...]]:
    """Give the names of all kinds, by how many folders and file names they tell, most first."""
    found: dict[int, list[_Pattern]] = {}
    for source in reversed([*sources().values()]):  # what was added last goes first
        for pattern, variant in source.files:
            found.setdefault(pattern.count("/") + 1, []).append((re.compile(pattern), variant, source))
    return {depth: tuple(found[depth]) for depth in sorted(found, reverse=True)}


@lru_cache(maxsize=65536)
def _match(tail: str, depth: int) -> Identity | None:
    for pattern, template, source in _patterns()[depth]:
        found = pattern.fullmatch(tail)
        if found:
            groups = found.groupdict()
            variant = [text for name, text in groups.items() if re.fullmatch(r"v\d", name) and text]
            variant = [template.format(**groups)] if template else variant
            return Identity(
                source=".".join([source.name, *variant]),
                hemi=_HEMI.get((groups.get("hemi") or "").lower()),
                part=groups.get("part"),
                prefix=groups.get("prefix") or "",
            )
    return None


forget_with_registry(_match.cache_clear)


@lru_cache(maxsize=65536)
def _match_stats(name: str) -> Identity | None:
    found = _NAME.match(name)
    return Identity(found["source"], found["hemi"]) if found else None


def atlas_of(source: str | None) -> str | None:
    """Name the atlas of a source; None where it is not known.

    Examples
    --------
    >>> atlas_of("aparc.pial"), atlas_of("my.own.atlas")
    ('aparc', None)
    """
    known = source_of(source)
    return known.atlas if known else None


def file_name(path: str) -> str:
    r"""Give the name of a file at a path, which may be one of Windows, or within an archive.

    Examples
    --------
    >>> file_name("s/stats/aseg.stats::/data/s.zip"), file_name(r"C:\s\stats\aseg.stats")
    ('aseg.stats', 'aseg.stats')
    """
    inner = path.partition("::")[0]
    return inner[max(inner.rfind("/"), inner.rfind("\\")) + 1 :]


def unknown_source(name: str, present: Collection[str]) -> UnknownNameError:
    """Say what source may have been meant: also by the name of a file.

    Examples
    --------
    >>> print(unknown_source("lh.aparc.stats", ["aparc", "aparc.pial", "aseg"]))
    no source is called 'lh.aparc.stats'; did you mean aparc?
    """
    meant = identify(name if name.endswith(".stats") else f"{name}.stats")
    if meant and meant.source in present:
        return UnknownNameError(f"no source is called {name!r}; did you mean {meant.source}?")
    return UnknownNameError.among("source", name, present)
