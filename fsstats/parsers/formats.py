"""Every format that is read, and the choice among them: by content first, by name where content says too little."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Final

from fsstats.errors import KindsError, StatsFormatError
from fsstats.parsers._text import summarise
from fsstats.parsers.statsfile import StatsFile
from fsstats.schema import kind_of
from fsstats.schema._registry import forget
from fsstats.schema.sources import DEFAULT_FORMAT

PARSERS_VERSION: Final = "1"
"""Raised when any parser reads something else out of the same file: what was read before then counts no more."""
HEAD: Final = 4096
"""Bytes from the start of a file that a format may look at to recognise it."""


@dataclass(frozen=True, slots=True)
class Format:
    """One format: how it is recognised, and the parser of it."""

    name: str
    """What a ``[[source]]`` names as its ``format``."""
    recognises: Callable[[bytes, str], bool]
    """Whether content that begins like this, in a file of this name, is of this format."""
    parse: Callable[[bytes, str], StatsFile]
    """From the whole content and the file's name to a `StatsFile`; what is not whole is in its remarks."""


_SHIPPED: Final = (
    "tracula",
    "samseg",
    "stats",
    "curv",
    "recon_log",
    "gtm",
    "sienax",
    "fslstats",
    "bvars",
    "images",
    "delimited",
    "named",
    "volumes",
)
"""Modules of this package with a ``FORMATS`` tuple, the ones that are surest of themselves first."""
_added: list[Format] = []


@cache
def _shipped() -> tuple[Format, ...]:
    modules = (import_module(f"fsstats.parsers.{name}") for name in _SHIPPED)
    return tuple(one for module in modules for one in module.FORMATS)


def formats() -> tuple[Format, ...]:
    """Give every format, those that were added first."""
    return (*_added, *_shipped())


def add_format(new: Format) -> None:
    """Add a format of one's own; one of the same name is replaced."""
    _added[:] = [new, *(known for known in _added if known.name != new.name)]
    forget()  # what was worked out with the formats before


def added_formats() -> tuple[Format, ...]:
    """Give the formats that were added in this process, for another one to add."""
    return tuple(_added)


def share_formats(others: Sequence[Format]) -> None:
    """Have added the formats that another process has added, and no others."""
    if tuple(others) != added_formats():
        _added[:] = others
        forget()


def is_stats_table(data: bytes, where: str) -> bool:
    """Say whether the parser of stats tables reads a file, and would read any other of this name that looks alike."""
    known = kind_of(where)
    certain = not _added or (known is not None and known.format == _default().name)
    return certain and format_of(data, where) is _default()


def format_of(data: bytes, where: str) -> Format:
    """Choose the parser of a file: the one its name says if the content may be that, else the first that knows it."""
    known = kind_of(where)
    wanted = known.format if known else ""
    by_name = next((one for one in formats() if one.name == wanted), None)
    if by_name is None and wanted:
        raise KindsError.at(where, expected=f"a parser of the format {wanted!r}", found="none of that name")
    head = data[:HEAD]
    if by_name is not None and by_name.recognises(head, where):
        return by_name
    by_content = next((one for one in formats() if one.recognises(head, where)), None)
    return by_content or by_name or _default()


def _default() -> Format:
    return next(one for one in _shipped() if one.name == DEFAULT_FORMAT)


def parse_stats(data: str | bytes, *, where: str = "<text>", strict: bool = True) -> StatsFile:
    r"""Read the content of one file of FreeSurfer, FastSurfer or FSL.

    The content decides what it is, and the name where the content says too little (a list of names and
    volumes, an image). Columns go by the names that the file gives them, never by position.

    Parameters
    ----------
    data : str or bytes
        The whole content. Bytes need not be UTF-8: headers hold user names and paths as they were. Images
        (FIRST, FAST, masks) are bytes, gzipped or not.
    where : str
        Name for messages. If it ends in a file name such as ``lh.aparc.stats``, source and
        hemisphere are read from it, else from the header's command line.
    strict : bool
        Raise if anything is missing. If False, what is whole is kept and
        `StatsFile.remarks` names the rest.

    Returns
    -------
    StatsFile
        Header, Measures and rows.

    Raises
    ------
    StatsFormatError
        If the content is not what its name says, or not whole (with `strict`).

    Examples
    --------
    >>> stats = parse_stats("# ColHeaders StructName NumVert ThickAvg\ninsula 2210 3.012\n")
    >>> stats.rows
      StructName  NumVert  ThickAvg
    0     insula     2210     3.012
    """
    content = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
    stats = format_of(content, where).parse(content, where)
    if strict and not stats.is_whole:
        losses = [remark for remark in stats.remarks if remark.loss]
        raise StatsFormatError(summarise(losses, where))
    return stats
