"""One measure of all subjects, arranged as FreeSurfer's two scripts arrange it.

``asegstats2table`` and ``aparcstats2table`` are read by a great many programs, so everything here is as they have it:
which columns, in which order, under which name, and what is refused. The one liberty is ``missing="nan"``.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, groupby
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from fsstats._frames import FloatArray
from fsstats.errors import ScriptError, UnknownNameError, warn
from fsstats.parsers import Layout
from fsstats.schema import GLOBAL
from fsstats.tables._alike import Alike, alike_of, run_names
from fsstats.tables.freesurfer.columns import Column, columns_of
from fsstats.tables.freesurfer.specs import (
    BARE,
    INTRACRANIAL,
    LATER_NAMES,
    NO_SHARE,
    AparcTable,
    AsegTable,
    Spec,
    require_known,
)
from fsstats.tables.freesurfer.text import Tabulated

_Mask = npt.NDArray[np.bool_]
_MOST_NAMED: Final = 3
_COUNTS: Final = ("n_voxels", "n_vertices")


def freesurfer_table(
    table: pd.DataFrame,
    spec: Spec,
    *,
    subjects: Sequence[str] | None = None,
    missing: str = "nan",
) -> pd.DataFrame:
    r"""Arrange one measure as FreeSurfer's ``asegstats2table`` or ``aparcstats2table`` does.

    Parameters
    ----------
    table : DataFrame
        A long table. With details (``load(…, details=True)``) structures are called as in the files; without, as in
        current FreeSurfer.
    spec : AsegTable or AparcTable
        Which table: what the flags of the scripts say.
    subjects : sequence of str, optional
        The rows, by the names of the subjects' folders; by default all, in the order of the table.
    missing : {"nan", "zero"}
        What stands where there is no value. The scripts print 0.0 there, as for a true zero.

    Returns
    -------
    DataFrame
        A row a subject; the first column, ``Measure:volume`` or ``lh.aparc.area``, holds their names.
        `write_freesurfer_table` writes it.

    Raises
    ------
    UnknownNameError
        If the table has no such file, or `missing` is something else.
    ScriptError
        If the script would refuse it; the message says why, and `ScriptError.said` what the script says.
    ColumnsError
        If it is no long table.

    Warns
    -----
        If ``missing="zero"`` wrote zeros for values that are missing.

    Notes
    -----
    ``percent_of`` gives :math:`100 v / \mathrm{eTIV}`, of every column but holes and ratios, also of thickness and
    curvature, where it means nothing; ``scale`` multiplies every column afterwards.

    Examples
    --------
    >>> import tempfile
    >>> from fsstats import load
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = make_cohort(folder, n_subjects=2, seed=1)
    ...     table = load(made.root, sources=["aparc"], details=True)
    >>> freesurfer_table(table, AparcTable(hemi="lh", measure="thickness")).iloc[:, :2]
      lh.aparc.thickness  lh_bankssts_thickness
    0            sub-001                  2.719
    1            sub-002                  2.858
    """
    files, people = alike_of(table, spec.source, spec.hemi, needed_by="freesurfer_table")
    names = run_names(people)
    if isinstance(spec, AparcTable):
        files = [one._replace(layout=_plain(one.layout, spec)) for one in files]
    if subjects is not None:
        files, names = chosen_files(files, names, subjects), list(subjects)
    made = tabulate(files, names, spec, missing=missing)
    if missing == "zero" and made.filled.any():
        warn(zeros_of(made))
    return made.to_frame()


def _plain(layout: Layout, spec: AparcTable) -> Layout:
    """Take side and measure off the names of a table that was read, where they are columns' titles."""
    start, end = f"{spec.hemi}_", f"_{spec.measure}"
    names = [
        name[len(start) : -len(end)] if name.startswith(start) and name.endswith(end) else name
        for name in layout.name_found
    ]
    return replace(layout, name_found=tuple(names))


def chosen_files(files: Sequence[Alike], names: Sequence[str], subjects: Sequence[str]) -> list[Alike]:
    """Take the files of some subjects, in their order; *names* are those of all."""
    places = {name: i for i, name in enumerate(names)}
    unknown = next((name for name in subjects if name not in places), None)
    if unknown is not None:
        raise UnknownNameError.among("subject", unknown, names)
    wanted = np.array([places[name] for name in subjects], dtype=np.intp)
    chosen = []
    for one in files:
        number = np.full(len(names), -1, dtype=np.intp)
        number[one.rows] = np.arange(len(one.rows))
        at = np.flatnonzero(number[wanted] >= 0)
        if len(at):
            chosen.append(Alike(at, one.layout, one.values[number[wanted[at]]]))
    return chosen


def zeros_of(made: Tabulated) -> str:
    """Say which cells of a table hold 0.0 because there is no value."""
    places = np.argwhere(made.filled)
    named = ", ".join(f"{made.columns[j]} of {made.rows[i]}" for i, j in places[:_MOST_NAMED].tolist())
    more = f" and {len(places) - _MOST_NAMED} more" if len(places) > _MOST_NAMED else ""
    return f"{made.corner}: 0.0 stands for what is missing (missing='nan' or --missing nan tells): {named}{more}"


def corner_of(spec: Spec) -> str:
    """Give the first cell of a table, which tells what it is."""
    return f"Measure:{spec.measure}" if isinstance(spec, AsegTable) else f"{spec.hemi}.{spec.source}.{spec.measure}"


def tabulate(files: Sequence[Alike], rows: Sequence[str], spec: Spec, *, missing: str) -> Tabulated:
    """Arrange the values of files, of which each row is in one group, as `freesurfer_table` does."""
    require_known("missing", missing, ("nan", "zero"))
    if not files:
        raise ScriptError.saying("there is no stats file that can be read, so there is no table")
    columns = columns_of(files, spec)
    sequence = _sequence(files, len(rows))
    if isinstance(spec, AsegTable) and spec.only is not None:
        columns = _with_names_of_others([columns[k] for k in sequence], columns, forgiving=missing == "nan")
    if isinstance(spec, AsegTable) and spec.current_names:
        columns = [[one._replace(name=LATER_NAMES.get(str(one.name), one.name)) for one in own] for own in columns]
    names = _agreed([[str(one.name) for one in columns[k]] for k in sequence], spec)
    values, empty = _filled(files, columns, names, len(rows))
    filled = np.isnan(values)
    if missing == "zero":
        filled &= empty | ~_prints_nan(files, columns, names, spec, filled)
        values[filled] = 0.0
    made = Tabulated(corner_of(spec), rows, names, values, filled)
    made = _scaled(_shares(made, spec, missing=missing), spec)
    return made._replace(columns=[_title(name, spec) for name in names])


def _sequence(files: Sequence[Alike], n_rows: int) -> list[int]:
    """Give the numbers of the groups in the order of the rows, each once where rows of it follow each other."""
    group = np.zeros(n_rows, dtype=np.intp)
    for k, one in enumerate(files):
        group[one.rows] = k
    return [int(k) for k, _ in groupby(group.tolist())]


_NOT_SEEN: Final = "asegstats2table does not see that one of the files has the structure of the id"
_TRY_NAN: Final = "missing='nan' (on the command line --missing nan) does"


def _with_names_of_others(
    in_order: Sequence[Sequence[Column]], columns: Sequence[Sequence[Column]], *, forgiving: bool
) -> list[list[Column]]:
    """Give structures that a file lacks the name that they have in another.

    The script goes through the files once, and looks for the second such structure only behind the place where it
    found the first; so it may not find what is there. `forgiving` finds it.
    """
    unnamed = [*dict.fromkeys(one.key for own in in_order for one in own if one.name is None)]
    told = [(one.key, one.name) for own in in_order for one in own if one.name is not None]
    if forgiving:
        names = {key: name for key, name in reversed(told) if key in unnamed}
    else:
        names, wanted = {}, iter(unnamed)
        key = next(wanted, None)
        for other, name in told:
            if key is not None and other == key:
                names[key], key = name, next(wanted, None)
    lost = next((key for key in unnamed if key not in names), None)
    if lost is not None:
        there = any(other == lost for other, _ in told)
        raise ScriptError.saying(
            f"no file has a structure of the id {lost}" if not there else f"{_NOT_SEEN} {lost}; {_TRY_NAN}",
            f"ERROR: cannot find the corresponding segmentation for the id:{lost} you provided",
            "in any of the .stats files parsed",
        )
    return [[one if one.name is not None else one._replace(name=names[one.key]) for one in own] for own in columns]


def _agreed(listed: Sequence[Sequence[str]], spec: Spec) -> list[str]:
    """Give the columns of the table: of each file, or of all files, or of any."""
    common = list(listed[0])
    for names in listed:
        before = set(common)
        common = [name for name in names if name in before]
    if spec.structures == "common":
        return common
    union = list(dict.fromkeys(chain.from_iterable(listed)))
    if spec.structures == "same" and union != common:
        odd = [name for name in union if name not in set(common)]
        found = f"not all have {', '.join(odd[:_MOST_NAMED])}" if odd else "the order differs"
        raise ScriptError.saying(
            f"expected the same structures in every file, found that {found}; ask for the common ones, or for all",
            "ERROR: All stat files should have the same segmentations.",
            "If one or more stats file have different segs from others, use --common-segs or --all-segs flag "
            "depending on the need. (see help)",
        )
    return union


def _filled(
    files: Sequence[Alike], columns: Sequence[Sequence[Column]], names: Sequence[str], n_rows: int
) -> tuple[FloatArray, _Mask]:
    """Put the values in their places; give also the places that no file fills."""
    values, empty = np.full((n_rows, len(names)), np.nan), np.ones((n_rows, len(names)), dtype=np.bool_)
    for one, own in zip(files, columns, strict=True):
        places = {column.name: column.at for column in reversed(own)}
        at = np.array([places.get(name, -1) for name in names], dtype=np.intp)
        there = np.flatnonzero(at >= 0)
        values[np.ix_(one.rows, there)] = one.values[:, at[there]]
        empty[np.ix_(one.rows, there)] = False
    return values, empty


def _prints_nan(
    files: Sequence[Alike], columns: Sequence[Sequence[Column]], names: Sequence[str], spec: Spec, nan: _Mask
) -> _Mask:
    """Say where a file itself prints a NaN, so that the script does too; elsewhere it has 0, or nothing.

    A structure that has voxels has one only if it is printed; the signal-to-noise ratio of nothing is printed as nan.
    """
    printed = np.zeros_like(nan)
    for one, own in zip(files, columns, strict=True):
        if one.is_printed:
            printed[one.rows] = True
        elif nan[one.rows].any():
            sizes = _sizes(one.layout)
            places = {column.name: sizes.get(one.layout.name_found[column.at], -1) for column in own if column.at >= 0}
            for j, name in enumerate(names):
                size = places.get(name, -1)
                has_size = one.values[:, size] > 0 if size >= 0 else False
                printed[one.rows, j] = has_size | (spec.measure == "snr")
    return printed


def _sizes(layout: Layout) -> dict[str, int]:
    """Give the positions of the numbers of voxels or vertices, by structure."""
    labels = zip(layout.region, layout.measure, layout.name_found, strict=True)
    return {name: i for i, (region, measure, name) in enumerate(labels) if measure in _COUNTS and region != GLOBAL}


def _shares(made: Tabulated, spec: Spec, *, missing: str) -> Tabulated:
    """Give per cent of the intracranial volume, if that is asked for."""
    if spec.percent_of is None:
        return made
    title = INTRACRANIAL[spec.percent_of] if isinstance(spec, AsegTable) else spec.percent_of
    flag = f"--{spec.percent_of.lower()}"
    place = "list" if isinstance(spec, AsegTable) else "measure list"
    sizes = made.values[:, list(made.columns).index(title)] if title in made.columns else np.zeros(len(made.rows))
    if title not in made.columns or (missing == "zero" and (sizes == 0).any()):
        lacking = [name for name, size in zip(made.rows, sizes, strict=True) if size == 0]
        message = f"per cent of {spec.percent_of} was asked for, and {', '.join(lacking[:_MOST_NAMED])} has none"
        raise ScriptError.saying(message, f"ERROR: {flag}, cannot find {title} in {place}")
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = 100 * made.values / np.where(sizes == 0, np.nan, sizes)[:, np.newaxis]
    kept = np.array([name in NO_SHARE for name in made.columns], dtype=np.bool_)
    return made._replace(values=np.where(kept, made.values, shares))


def _scaled(made: Tabulated, spec: Spec) -> Tabulated:
    return made if spec.scale == 1 else made._replace(values=made.values * spec.scale)


def _title(name: str, spec: Spec) -> str:
    if isinstance(spec, AsegTable) or spec.plain_names or name in BARE:
        return name
    return f"{spec.hemi}_{name}_{spec.measure}"
