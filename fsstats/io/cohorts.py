"""A merged table with its account, read back as a cohort."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq

from fsstats._frames import Positions, categorical, require
from fsstats.io._parquet import parts_of
from fsstats.io._stores import PathLike, is_folder, is_there, parts_source, path_of, text_in
from fsstats.io._target import Target
from fsstats.io._text import SEPARATOR
from fsstats.io.files import read_table
from fsstats.io.load import Cohort
from fsstats.schema import FILES, GLOBAL, LONG, SUBJECT_KEY


def read_cohort(
    path: PathLike,
    *,
    subjects: Collection[str] | None = None,
    sources: Collection[str] | None = None,
    measures: Collection[str] | None = None,
    details: bool = False,
) -> Cohort:
    """Read a table that `merge` wrote, with the account of every file that lies beside it.

    Parameters
    ----------
    path : path
        The table: ``.parquet``, ``.csv``, ``.tsv``, or a folder of Parquet files.
    subjects, sources, measures : collection of str, optional
        Only these.
    details : bool
        Add the column ``name_found``: what a structure is called in the files.

    Returns
    -------
    Cohort
        ``table`` and ``files``; where there is no account, ``files`` has no rows.

    Raises
    ------
    UnknownNameError
        If a source or a measure is not in the table.
    TableError
        If it is no such table.
    OSError
        If it cannot be opened.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from fsstats import merge
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     merged = merge(
    ...         make_cohort(pathlib.Path(folder, "s"), n_subjects=2, seed=1).root, f"{folder}/cohort.parquet"
    ...     )
    ...     cohort = read_cohort(merged.path, sources=["aseg"])
    >>> len(cohort.files), cohort.files["directory"].unique().tolist()
    (2, ['sub-001', 'sub-002'])
    """
    table = read_table(path, subject=subjects, source=sources, measure=measures)
    require(table, LONG, needed_by="read_cohort")
    account = Target(path_of(path)).files
    if not is_there(account):
        return Cohort(table, pd.DataFrame(columns=list(FILES), dtype="str").astype({"n_values": "int64"}))
    files = read_table(account)
    if subjects is not None:
        files = files[files["subject"].isin([subjects] if isinstance(subjects, str) else list(subjects))]
    if sources is not None:
        files = files[files["source"].isin(table["source"].astype("str").unique())]
    files = files.reset_index(drop=True)
    return Cohort(_with_names(table, files, _names_found(path)) if details else table, files)


_Names = Mapping[str, Mapping[str, Mapping[tuple[str, str], str]]]
"""By source and version: what a structure is called, by side (empty for none) and region."""


def _names_found(path: PathLike) -> _Names:
    """Give what `merge` noted of names that are no longer used; nothing where that cannot be understood."""
    place = path_of(path)
    try:
        noted = json.loads(_described(place))["GeneratedBy"]["NamesFound"]
        return {
            source: {
                version: {(hemi, region): name for hemi, region, name in renamed}
                for version, renamed in versions.items()
            }
            for source, versions in noted.items()
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def _described(place: Path) -> str:
    """Give the description of a table: that within its Parquet file, or the one beside it."""
    parts = parts_of(place) if is_folder(place) else [place]
    if parts and parts[0].suffix == ".parquet":
        return (pq.read_metadata(parts_source(parts[0])).metadata or {}).get(b"fsstats", b"{}").decode()
    return text_in(place.with_suffix(".json")) or "{}"


def _with_names(table: pd.DataFrame, files: pd.DataFrame, found: _Names) -> pd.DataFrame:
    """Add what structures and Measures are called in the files."""
    regions, measures = (table[name].cat for name in ("region", "measure"))
    words = [*map(str, regions.categories), *map(str, measures.categories)]
    is_global = (table["region"] == GLOBAL).to_numpy()
    region, measure = (column.codes.to_numpy().astype(np.intp) for column in (regions, measures))
    codes = np.where(is_global, measure + len(regions.categories), region)
    for rows, names in _renamed(table, files, found):
        codes[rows] = np.arange(len(words), len(words) + len(names))
        words += names
    return table.assign(name_found=categorical(*_once(codes, words)))


def _once(codes: npt.NDArray[np.integer], words: Sequence[str]) -> tuple[npt.NDArray[np.integer], list[str]]:
    """Give each word one code."""
    numbers, different = pd.factorize(np.array(words, dtype=np.object_))
    return numbers[codes], list(different)


def _renamed(table: pd.DataFrame, files: pd.DataFrame, found: _Names) -> Iterator[tuple[Positions, list[str]]]:
    """Give the rows whose structures have other names in the files, and these."""
    for source, versions in found.items():
        own = (table["source"] == source).to_numpy()
        for version, new in versions.items() if own.any() else ():
            wrote = files[(files["source"] == source) & (files["version"].fillna("") == version)]
            whose = pd.MultiIndex.from_frame(wrote[list(SUBJECT_KEY)].astype("str").drop_duplicates())
            rows = np.flatnonzero(own & table["region"].isin([region for _, region in new]).to_numpy())
            rows = rows[pd.MultiIndex.from_frame(table[list(SUBJECT_KEY)].iloc[rows].astype("str")).isin(whose)]
            sides = table["hemi"].iloc[rows].astype("object").where(table["hemi"].iloc[rows].notna(), "")
            places = zip(sides, table["region"].iloc[rows].astype("object"), strict=True)
            yield rows, [new.get(place, place[1]) for place in places]


def is_merged(path: PathLike) -> bool:
    """Say whether a path is a merged long table, and not a study or a table of another kind.

    Examples
    --------
    >>> is_merged("cohort.parquet"), is_merged("subjects")
    (True, False)
    """
    place = path_of(path)
    if place.suffix in SEPARATOR:
        with place.open(encoding="utf-8", errors="replace") as file:
            return set(LONG) <= set(file.readline().rstrip("\r\n").split(SEPARATOR[place.suffix]))
    return place.suffix == ".parquet" or (is_folder(place) and bool(parts_of(place)) and is_there(Target(place).files))
