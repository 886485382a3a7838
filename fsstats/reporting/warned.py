"""What the library warned of while a report was made: where, and in words for a reader of the page."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pandas as pd

from fsstats._frames import plain_rows
from fsstats.errors import FsstatsWarning
from fsstats.plots._names import measure_text, region_labels, upper
from fsstats.reporting._numbers import counted
from fsstats.schema import CELL, GLOBAL
from fsstats.tables.shape import column_name

_PHRASES: Final = (
    (
        r"(\d+) clusters of (.+?) are few .*",
        r"there are only \1 clusters of \2: with so few, p-values come out too small",
    ),
    (
        r"(\d+) groups of (.+?) are few .*",
        r"there are only \1 groups of \2: too few to tell how much they differ; \2 could be a variable of the model",
    ),
    (
        r"(\d+ measure\(s\)) are not known to go with head size as method='\w+' takes for granted: (.*?)\. Take .*",
        r"of \1 it is not known that they grow in proportion to the head, which is taken for granted here: \2",
    ),
    (
        r"^(\d+ tests) of .+? are one family, of (\d+ sources: .+?)\. Choose one before .*",
        r"\1 were corrected together, of \2",
    ),
    (r"^left as they are: ", "not harmonised: "),
    (r"[;.] (?:Use [^;]*; )?(?:or allow it|to say so): \w+=.*", ""),
    (r"missing \(NaN\)", "missing"),
    (r"^site\(s\)", "sites"),
    (r"^brain_map has outlines of (.+), none for source '(.+?)': .*", r"there are outlines of \1, and none of \2"),
    (r"\b1 run\(s\) have\b", "1 run has"),
)
"""What the library says to who calls it, and what a reader of a page is told instead."""
_COLUMN: Final = re.compile(r"[\w.+]+_[\w.+-]*\w")
"""What may be the column of a wide table."""
_COUNT: Final = re.compile(r"(\d+) ([\w ]+?)\(s\)")


@contextmanager
def within(where: str) -> Iterator[None]:
    """Mark the warnings of what is done inside by what they are about."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", FsstatsWarning)
        yield
    for one in caught:
        if isinstance(one.message, FsstatsWarning):
            one.message.add_note(where)
        warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)


@contextmanager
def heard(said: dict[str, list[str]]) -> Iterator[None]:
    """Take down warnings of fsstats in place of giving them: each once, with all that it is about."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", FsstatsWarning)
        yield
    for one in caught:
        if not isinstance(one.message, FsstatsWarning):
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
            continue
        places = said.setdefault(str(one.message), [])
        places += [place for place in getattr(one.message, "__notes__", [])[:1] if place not in places]


def sentences(said: dict[str, list[str]], table: pd.DataFrame) -> list[str]:
    """Write what was taken down, a sentence each.

    Examples
    --------
    >>> said = {"a site is small": ["harmonisation of volume", "sensitivity, harmonised"], "odd": []}
    >>> sentences(said, pd.DataFrame(columns=list(CELL)))
    ['Harmonisation of volume; sensitivity, harmonised: a site is small.', 'Odd.']
    """
    texts = {plain_words(text, table): "; ".join(places) for text, places in said.items()}
    return [upper(f"{places}: {text}." if places else f"{text}.") for text, places in texts.items()]


def plain_words(text: str, table: pd.DataFrame) -> str:
    """Say for a reader of a page what the library says to who calls it.

    Parameters
    ----------
    text : str
        A warning, or what an error says.
    table : DataFrame
        The long table whose regions it may name as columns of a wide one.

    Returns
    -------
    str
        Without advice for who calls, without a full stop at its end.

    Examples
    --------
    >>> table = pd.DataFrame({"source": ["aseg"], "hemi": [None], "region": ["Brain-Stem"], "measure": ["volume"]})
    >>> plain_words("2 run(s) have no aseg_Brain-Stem_volume. Leave some out; or allow it: allow=['few']", table)
    '2 runs have no brain stem volume (aseg). Leave some out'
    """
    for pattern, phrase in _PHRASES:
        text = re.sub(pattern, phrase, text)
    text = _COUNT.sub(lambda found: counted(int(found[1]), found[2]), text).removesuffix(".")
    labels = _labels(table) if _COLUMN.search(text) else {}
    return _COLUMN.sub(lambda found: labels.get(found[0], found[0]), text)


def _labels(table: pd.DataFrame) -> dict[str, str]:
    """Say in words what columns of a wide table are."""
    cells = table[list(CELL)].drop_duplicates().astype("object").reset_index(drop=True)
    labels = region_labels(cells.assign(source="", measure=cells["measure"].where(cells["region"] == GLOBAL, "")))
    return {
        column_name(*cell): f"{label}{'' if cell[2] == GLOBAL else f' {measure_text(cell[3])}'} ({cell[0]})"
        for cell, label in zip(plain_rows(cells), labels, strict=True)
    }
