"""Blocks to one HTML file that asks for nothing else."""

import base64
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from markupsafe import Markup

from fsstats._pages import page
from fsstats.reporting._drawing import with_own_ids
from fsstats.reporting._numbers import of_bytes
from fsstats.reporting._sheets import slug
from fsstats.reporting.blocks import Block, Cell, Picture, Section, Sheet

_SENTENCE: Final = 40
"""Letters of a text that is more than a word."""
_NO_TEXT: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
"""Characters that no page can hold: control characters, and bytes of file names that are no text."""


def page_of(title: str, subtitle: str, blocks: Sequence[Block]) -> str:
    """Write the page.

    Parameters
    ----------
    title, subtitle : str
        What stands above it.
    blocks : sequence of Block
        What it holds.

    Returns
    -------
    str
        HTML in which all that comes from data is escaped.
    """
    text = page("fsstats.reporting", title=title, subtitle=subtitle, sections=_sections(blocks))
    return _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)


def _sections(blocks: Sequence[Block]) -> list[dict[str, object]]:
    """Put blocks under their sections, each with a name to link to."""
    taken = Counter[str](["main", "theme", "tip"])
    sections: list[dict[str, object]] = []
    own: list[Mapping[str, object]] = []
    for block in blocks:
        if (isinstance(block, Section) and block.level == 2) or not sections:
            own = []
            heading = block if isinstance(block, Section) else Section("")
            sections.append({"title": heading.title, "anchor": _anchor(heading.title, taken), "blocks": own})
            if isinstance(block, Section):
                continue
        own.append(_shown(block, taken))
    return sections


def _anchor(title: str, taken: Counter[str]) -> str:
    """Give a name that nothing else on the page has."""
    name = slug(title)
    taken[name] += 1
    return name if taken[name] == 1 else _anchor(f"{name} {taken[name]}", taken)


def _shown(block: Block, taken: Counter[str]) -> Mapping[str, object]:
    """Give what the page needs of a block."""
    own: dict[str, object] = {"kind": block.kind, **{name: getattr(block, name) for name in block.__slots__}}
    if isinstance(block, Section):
        return own | {"anchor": _anchor(block.title, taken)}
    if isinstance(block, Sheet):
        return own | _shown_sheet(block, taken)
    return own | _shown_picture(block, taken) if isinstance(block, Picture) else own


def _shown_sheet(sheet: Sheet, taken: Counter[str]) -> dict[str, object]:
    marks = sheet.marked or (False,) * len(sheet.rows)
    columns = zip(*sheet.rows, strict=True) if sheet.rows else [()] * len(sheet.heads)
    kinds = ["n" if head.is_number else _kind(cells) for head, cells in zip(sheet.heads, columns, strict=True)]
    rows = [(mark, list(zip(kinds, row, strict=True))) for mark, row in zip(marks, sheet.rows, strict=True)]
    return {
        "anchor": _anchor(f"table {sheet.title}", taken),
        "rows": rows,
        "csv": base64.b64encode(sheet.csv).decode(),
        "size": of_bytes(len(sheet.csv)),
    }


def _kind(cells: Sequence[Cell]) -> str:
    """Tell columns of sentences, which need some width, from columns of words."""
    return "l" if any(len(cell.text) > _SENTENCE for cell in cells) else ""


def _shown_picture(picture: Picture, taken: Counter[str]) -> dict[str, object]:
    mark = f"{_anchor('figure', taken)}-"
    return {
        "svg": Markup(with_own_ids(picture.svg, mark)),  # noqa: S704 - written by matplotlib or by us, which escape
        "png": base64.b64encode(picture.png).decode(),
    }
