"""A long table taken apart again into what each file held: the reverse of `assemble`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from fsstats._frames import FloatArray, Positions, plain_rows, require
from fsstats.errors import TableError, UnknownNameError
from fsstats.parsers import Layout
from fsstats.schema import DETAIL_COLUMNS, GLOBAL, KEY, LONG, SUBJECT_KEY, atlas_of, segid_of, source_of
from fsstats.tables.panel import occurring_twice

Person = tuple[str, str | None, str]
"""Subject, session and stream."""
_LABELS: Final = ("hemi", "region", "measure", "unit", *DETAIL_COLUMNS)


class Alike(NamedTuple):
    """Files with the same rows and columns."""

    rows: Positions
    """Whose they are, by position among all."""
    layout: Layout
    values: FloatArray
    """Shape (n_files, n_values)."""
    is_printed: bool = False
    """Whether a NaN among them stands in the file; else it may be a 0 there, or nothing."""


def alike_of(
    table: pd.DataFrame, source: str, hemi: str | None = None, *, needed_by: str
) -> tuple[list[Alike], list[Person]]:
    """Give the files of one kind in a long table, those that are alike together, and whose they are.

    Parameters
    ----------
    table : DataFrame
        A long table, with or without details.
    source : str
        Which stats file.
    hemi : {"lh", "rh"}, optional
        The side, where there is one file a side.
    needed_by : str
        The function that asks, for messages.

    Returns
    -------
    files : list of Alike
        Every subject is in one of them.
    people : list of (subject, session, stream)
        In order of first appearance.

    Raises
    ------
    ColumnsError
        If it is no long table.
    UnknownNameError
        If it has nothing of that source.
    TableError
        If a value occurs twice.
    """
    require(table, LONG, needed_by=needed_by)
    own = table[_is_of(table, source, hemi)]
    who = pd.factorize(_codes(own, SUBJECT_KEY))[0]
    order = np.argsort(who, kind="stable")
    if (np.diff(order) != 1).any():
        own, who = own.iloc[order], who[order]
    starts = np.flatnonzero(np.diff(who, prepend=-1))
    labels = [name for name in _LABELS if name in own.columns]
    codes = _codes(own, labels)
    values = own["value"].to_numpy(dtype=np.float64)
    files = []
    for rows, n in _patterns(codes, starts):
        layout = _layout(own.iloc[starts[rows[0]] : starts[rows[0]] + n], labels, atlas_of(source))
        files.append(Alike(rows, layout, values[starts[rows][:, np.newaxis] + np.arange(n)]))
    return files, [(who[0], who[1], who[2]) for who in plain_rows(own[list(SUBJECT_KEY)].iloc[starts])]


def _codes(table: pd.DataFrame, columns: Sequence[str]) -> npt.NDArray[np.int64]:
    """Give a number for each row that rows share which agree in some columns."""
    total = np.zeros(len(table), dtype=np.int64)
    for name in columns:
        column = table[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            codes, n = column.cat.codes.to_numpy().astype(np.int64), len(column.cat.categories)
        else:
            codes, words = pd.factorize(column)
            n = len(words)
        total *= n + 1
        total += codes + 1
    return total


def side_of_file(source: str, layout: Layout) -> str | None:
    """Tell the side of a file, if its kind has one file a side; if the kind is not known, by its structures."""
    if _has_sides(source) is False:
        return None
    sides = {hemi for hemi, region in zip(layout.hemi, layout.region, strict=True) if region != GLOBAL}
    return sides.pop() if len(sides) == 1 else None


def sides_of(table: pd.DataFrame, source: str) -> list[str | None]:
    """Give the sides that have a file of their own in a long table; None alone if one file has both."""
    own = table.loc[table["source"] == source, ["hemi", "region", "measure"]]
    sides = [str(hemi) for hemi in own["hemi"].dropna().unique()]
    has_sides = _has_sides(source)
    if has_sides is not None:
        return [*sides] if has_sides and sides else [None]
    structures = own[own["region"] != GLOBAL].drop_duplicates()
    own = structures if len(structures) else own.drop_duplicates()
    alone = len(sides) == 1 and own["hemi"].notna().all()
    return [*sides] if alone or own.duplicated(["region", "measure"], keep=False).any() else [None]


def _has_sides(source: str) -> bool | None:
    """Say whether a kind has one file a side; None if it is not known."""
    known = source_of(source)
    return None if known is None else known.hemispheric


def _is_of(table: pd.DataFrame, source: str, hemi: str | None) -> npt.NDArray[np.bool_]:
    of_source = (table["source"] == source).to_numpy()
    if not of_source.any():
        raise UnknownNameError.among("source", source, map(str, table["source"].dropna().unique()))
    if hemi is None:
        return of_source
    either = table["hemi"].isna().to_numpy() & (table["region"] == GLOBAL).to_numpy()
    wanted = of_source & ((table["hemi"] == hemi).to_numpy() | either)
    if not (wanted & ~either).any():
        raise UnknownNameError.among(
            f"hemisphere of {source}", hemi, map(str, table["hemi"][of_source].dropna().unique())
        )
    return wanted


def _patterns(codes: npt.NDArray[np.integer], starts: Positions) -> list[tuple[Positions, int]]:
    """Put the files together whose rows have the same labels; give their numbers, and how many rows each has."""
    found: dict[bytes, list[int]] = {}
    ends = [*starts[1:].tolist(), len(codes)]
    for number, (start, end) in enumerate(zip(starts.tolist(), ends, strict=True)):
        found.setdefault(codes[start:end].tobytes(), []).append(number)
    return [(np.array(at, dtype=np.intp), len(pattern) // codes.itemsize) for pattern, at in found.items()]


def _layout(first: pd.DataFrame, labels: Sequence[str], atlas: str | None) -> Layout:
    """Give the labels of a file's rows in the long table."""
    repeated = first[list(KEY)].duplicated()
    if repeated.any():
        raise occurring_twice(first[repeated])
    texts = {name: first[name].astype("object").where(first[name].notna(), None).tolist() for name in labels}
    regions, measures = texts["region"], texts["measure"]
    is_global = [region == GLOBAL for region in regions]
    names = names_of(texts["hemi"], regions, measures)
    has_ids = "thickness" not in measures  # mris_anatomical_stats prints none
    segids = texts.get("segid") or [
        segid_of(region, atlas, hemi) if has_ids else None for region, hemi in zip(regions, texts["hemi"], strict=True)
    ]
    return Layout(
        hemi=tuple(texts["hemi"]),
        region=tuple(regions),
        measure=tuple(measures),
        unit=tuple(texts["unit"]),
        segid=tuple(None if one is None else int(one) for one in segids),
        name_found=tuple(texts.get("name_found", names)),
        n_fields=sum(is_global),
    )


def names_of(hemis: Sequence[str | None], regions: Sequence[str], measures: Sequence[str]) -> list[str]:
    """Call structures as files do, as far as that is known: where both sides share a name, it says the side."""
    sides: dict[str, set[str | None]] = {}
    for hemi, region in zip(hemis, regions, strict=True):
        sides.setdefault(region, set()).add(hemi)
    said = {"lh": "Left-", "rh": "Right-", None: ""}
    return [
        measure if region == GLOBAL else f"{said[hemi] if len(sides[region]) > 1 else ''}{region}"
        for hemi, region, measure in zip(hemis, regions, measures, strict=True)
    ]


def row_name(subject: str, session: str | None, stream: str) -> str:
    """Give the name of the folder that FreeSurfer would have of a run.

    Examples
    --------
    >>> row_name("sub-01", "ses-2", "cross"), row_name("sub-01", "ses-2", "long"), row_name("pat", "tp1", "cross")
    ('sub-01_ses-2', 'sub-01_ses-2.long.sub-01', 'tp1')
    """
    if session is None or stream == "base":
        return subject
    run = f"{subject}_{session}" if session.startswith("ses-") else session
    return f"{run}.long.{subject}" if stream == "long" else run


def run_names(people: Sequence[Person], folders: Mapping[Person, str] | None = None) -> list[str]:
    """Give every run a name of its own: its folder's, where that is known and no other run's.

    Raises
    ------
    TableError
        If two runs cannot be told apart.

    Examples
    --------
    >>> (
    ...     run_names([("a", None, "cross"), ("pat", "tp1", "cross")]),
    ...     run_names([("a", "1", "cross"), ("b", "1", "cross")]),
    ... )
    (['a', 'tp1'], ['a_1', 'b_1'])
    """
    names = [(folders or {}).get(who) or row_name(*who) for who in people]
    counts = Counter(names)
    names = [name if counts[name] == 1 else _long_name(*who) for name, who in zip(names, people, strict=True)]
    again = next((name for name, n in Counter(names).items() if n > 1), None)
    if again is not None:
        message = f"two runs would be called {again!r}; choose among them by stream or subject"
        raise TableError(message)
    return names


def _long_name(subject: str, session: str | None, stream: str) -> str:
    run = "_".join(filter(None, [subject, session]))
    return f"{run}.long.{subject}" if stream == "long" else run


def folders_of(files: pd.DataFrame) -> dict[Person, str]:
    """Give the names of the folders of runs, where each has one."""
    own = files.loc[files["directory"].notna(), [*SUBJECT_KEY, "directory"]].drop_duplicates()
    own = own[~own.duplicated(list(SUBJECT_KEY), keep=False) & ~own.duplicated("directory", keep=False)]
    plain = own.astype("object").where(own.notna(), None)
    return {(who[0], who[1], who[2]): who[3] for who in plain.itertuples(index=False, name=None)}
