"""What a report is made of: frozen values that know nothing of HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple


class Cell(NamedTuple):
    """One cell of a table."""

    text: str
    key: float | None = None
    """What the column is sorted by, where that is not the text; NaN where the number is missing."""
    dash: str = "missing"
    """What a dash means, for who hears it."""


class Head(NamedTuple):
    """The head of one column."""

    name: str
    is_number: bool = False
    title: str = ""
    """What the column holds, for who asks."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading; what follows belongs to it."""

    kind: ClassVar[str] = "section"
    title: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Text:
    """Paragraphs of plain text."""

    kind: ClassVar[str] = "text"
    paragraphs: tuple[str, ...]
    tone: str = ""
    """``note`` for what is to be known, ``doubt`` for what is to be looked at."""


@dataclass(frozen=True, slots=True)
class Points:
    """A list of plain texts."""

    kind: ClassVar[str] = "points"
    points: tuple[str, ...]
    summary: str = ""
    """If there is one, the list is folded under it; it is printed all the same."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table."""

    kind: ClassVar[str] = "sheet"
    title: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    marked: tuple[bool, ...] = ()
    """Which rows are significant."""
    note: str = ""
    fold: str = ""
    """If there is one, the table is folded under it."""
    csv: bytes = b""
    """The whole table with all digits, to be downloaded; nothing if it is empty."""
    file: str = "table.csv"
    has_tools: bool = False
    """Its rows can be sorted and filtered."""
    is_named: bool = False
    """What stands above it names it: its title is only read out."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure: an SVG that takes its colours from the page, or a PNG."""

    kind: ClassVar[str] = "picture"
    svg: str
    png: bytes
    alt: str
    caption: str = ""
    is_card: bool = False
    """It has a ground of its own, and keeps it on a dark page."""
    is_map: bool = False
    """Its parts have titles, which are shown beside the pointer."""
    width: int = 0
    """Pixels, of a PNG as it is shown."""


@dataclass(frozen=True, slots=True)
class Code:
    """Lines to repeat something."""

    kind: ClassVar[str] = "code"
    text: str
    title: str


class Reference(NamedTuple):
    """A work that is cited."""

    key: str
    short: str
    """As it stands in a sentence: Benjamini and Hochberg 1995."""
    text: str
    doi: str = ""


@dataclass(frozen=True, slots=True)
class References:
    """A list of works."""

    kind: ClassVar[str] = "references"
    works: tuple[Reference, ...]


Block = Section | Text | Points | Sheet | Picture | Code | References


def plain(texts: Sequence[object]) -> tuple[Cell, ...]:
    """Give cells of texts."""
    return tuple(Cell(str(text)) for text in texts)
