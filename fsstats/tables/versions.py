"""Which version of which program each value comes from, as columns of the long table."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import Numbers, Positions, categorical, plain_rows, require
from fsstats.errors import TableError
from fsstats.schema import ADJUSTED_COLUMNS, DETAIL_COLUMNS, LONG, SUBJECT_KEY
from fsstats.tables.panel import number

VERSION_COLUMNS: Final = {
    "version": "Program and version that wrote the value.",
    "definition": "What the measure means, where that changed between versions.",
}
"""Columns that `with_versions` adds, and that the guards of the statistics read."""
OWN_COLUMNS: Final = frozenset({*LONG, *DETAIL_COLUMNS, *VERSION_COLUMNS, *ADJUSTED_COLUMNS})
"""All that a long table has of fsstats; its other columns are of the people."""
_RUN: Final = (*SUBJECT_KEY, "source")


def with_versions(table: pd.DataFrame, files: pd.DataFrame) -> pd.DataFrame:
    """Add to each value which version of which program wrote it, and what its measure means there.

    The statistics then refuse to mix versions or meanings in one model, unless they are told to.

    Parameters
    ----------
    table : DataFrame
        A long table.
    files : DataFrame
        The files table of the same study (``cohort.files`` of `load_cohort` or `read_cohort`).

    Returns
    -------
    DataFrame
        The table with the columns ``version`` (``FreeSurfer 7.4.1``) and ``definition`` (``th3``, of measures whose
        meaning changed); missing where the files do not tell.

    Raises
    ------
    ColumnsError
        If either is no such table.
    TableError
        If the table has such a column already, or no run of it is in the files table.

    Examples
    --------
    >>> import tempfile
    >>> from fsstats import load_cohort
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cohort = load_cohort(make_cohort(folder, n_subjects=2, seed=1).root, sources=["aparc"])
    >>> table = with_versions(cohort.table, cohort.files)
    >>> table["version"].unique().tolist(), table.loc[table["measure"] == "volume", "definition"].unique().tolist()
    (['FreeSurfer 7.4.1'], ['th3'])
    """
    require(table, LONG, needed_by="with_versions")
    require(files, [*_RUN, "tool", "version", "definitions", "n_values"], needed_by="with_versions (files)")
    told = _told(files)
    there = [name for name in VERSION_COLUMNS if name in table.columns]
    if there:
        message = f"with_versions: the table has a column {there[0]!r} already; drop or rename it, if it is not ours"
        raise TableError(message)
    run, first = number(table, _RUN)
    keys = _keys(table.iloc[first])
    if len(keys) and not any(key in told for key in keys):
        message = "with_versions: no run of the table is in the files table; are they of one study?"
        raise TableError(message)
    versions, meanings = Numbers[str](), Numbers[str]()
    version = versions.of([told.get(key, (None, None))[0] for key in keys])[run]
    stated = meanings.of([told.get(key, (None, None))[1] for key in keys])[run]
    definition, words = _of_measures(table["measure"], stated.astype(np.intp), meanings.words)
    return table.assign(
        version=categorical(version, versions.words),
        definition=categorical(definition, words),
    )


def _keys(rows: pd.DataFrame) -> list[tuple[object, ...]]:
    return plain_rows(rows[list(_RUN)])


def _told(files: pd.DataFrame) -> dict[tuple[object, ...], tuple[str | None, str | None]]:
    """Give version and meanings of each run and source, as the files state them."""
    read = files[files["n_values"] > 0]
    names = (read["tool"].astype("object") + " " + read["version"].astype("object").fillna("?")).tolist()
    found: dict[tuple[object, ...], tuple[set[str], set[str]]] = {}
    for key, name, stated in zip(_keys(read), names, read["definitions"], strict=True):
        version, meaning = found.setdefault(key, (set(), set()))
        version.update([name] if isinstance(name, str) else [])
        meaning.update(stated.split(" ") if isinstance(stated, str) else [])
    return {
        key: (", ".join(sorted(versions)) or None, " ".join(sorted(meanings)) or None)
        for key, (versions, meanings) in found.items()
    }


def _of_measures(measures: pd.Series, stated: Positions, texts: Sequence[str]) -> tuple[Positions, list[str]]:
    """Give each row the meaning of its measure, out of the text that states those of the whole file."""
    pairs, first = number(pd.DataFrame({"stated": stated, "measure": measures.to_numpy()}), ["stated", "measure"])
    words = Numbers[str]()
    meanings = [
        _meaning(texts[place], measure) if place >= 0 else None
        for place, measure in zip(stated[first], measures.iloc[first].astype("str"), strict=True)
    ]
    return words.of(meanings)[pairs].astype(np.intp), words.words


def _meaning(stated: str, measure: str) -> str | None:
    found = [pair.partition("=")[2] for pair in stated.split(" ") if pair.partition("=")[0] == measure]
    return " and ".join(found) or None
