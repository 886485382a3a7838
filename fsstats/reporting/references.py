"""The works that methods rest on: data, each written once."""

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from fsstats.reporting.blocks import Reference

__all__ = ["cited", "references"]


@cache
def references() -> Mapping[str, Reference]:
    """Give all works that a report may cite, by key.

    Returns
    -------
    mapping of str to Reference
        In the order of the alphabet.

    Examples
    --------
    >>> references()["holm1979"].short
    'Holm 1979'
    """
    text = files("fsstats.reporting").joinpath("references.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return {row["key"]: Reference(row["key"], row["short"], row["text"], row["doi"] or "") for row in rows}


def cited(keys: Iterable[str]) -> str:
    """Write citations as they stand in a sentence; '' for none.

    Examples
    --------
    >>> cited(["holm1979", "welch1947"]), cited([])
    (' (Holm 1979; Welch 1947)', '')
    """
    words = [references()[key].short for key in dict.fromkeys(keys)]
    return f" ({'; '.join(words)})" if words else ""
