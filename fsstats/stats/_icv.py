"""The size of the head: where it stands in a table, and what is wrong with it."""

from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, is_number, require, some_of
from fsstats.errors import TableError, UnknownNameError, wording
from fsstats.schema import FORMER_NAMES, GLOBAL, LONG, SUBJECT_KEY
from fsstats.schema.policy import HEAD_SCALING, HEAD_SIZES
from fsstats.stats._required import require_rows
from fsstats.stats.guards import GUARDS
from fsstats.tables.panel import BoolArray, Panel, number, panel_of
from fsstats.tables.variables import places_of

HEAD_SIZE_CHECKS: Final = {
    "missing": "runs without a head size or a site, regions without a slope; their adjusted values are missing",
    "unit": "head sizes that are not in mm^3: less than 100 thousand or more than 10 million (an error)",
    "estimators": "head sizes by different estimators, eTIV of some runs and sTIV of others (an error)",
    "implausible": "head sizes that no head has: outside 0.8 to 2.5 million mm^3, of VSCALING outside 0.7 to 2.5",
    "brain": "heads that are smaller than the brain in them, BrainSegVol",
    "varies": "subjects whose head size differs between sessions by more than 0.1 %",
    "zeros": "values of 0, which a structure that is missing ought not to have",
    "nonlinear": "ventricles, choroid plexus and WM hypointensities: they do not go with head size in a straight line",
    "few": "slopes that rest on fewer runs than the minimum",
}
"""What is looked for before values are adjusted; `allow` can name it."""
_ERRORS: Final = frozenset({"positive", "unit", "estimators"})
_SIZES: Final = (0.8e6, 2.5e6)
_FACTORS: Final = (0.7, 2.5)
_IN_MM3: Final = (1e5, 1e7)
"""Outside of this it is another unit, or no head size at all."""
_OTHER_UNITS: Final = {"mL": (300.0, 5000.0, 1e3), "litres": (0.3, 5.0, 1e6)}
"""How head sizes look in other units: from, to, and what makes mm^3 of them."""
_VARIES: Final = 1e-3
_SAME: Final = 1e-5
"""Two head sizes are the same number, perhaps rounded, if they differ by less than this part."""


class Head(NamedTuple):
    """The size of each head, as a table has it."""

    name: str
    sizes: FloatArray
    """Shape (runs,); NaN where missing."""
    cells: BoolArray
    """Which cells of the panel are this quantity itself."""
    is_factor: bool
    """It is VSCALING, which shrinks as the head grows."""
    is_column: bool
    """It is a column of the people, not a value of the table."""


class Finding(NamedTuple):
    """One thing that is wrong with some head sizes."""

    check: str
    runs: BoolArray
    each: Sequence[str]
    """What to say of each run, all runs."""
    summary: str


def head_of(panel: Panel, name: str) -> Head:
    """Find the head size of each run.

    Parameters
    ----------
    panel : Panel
        The table.
    name : str
        A column of the people, a header Measure (``eTIV``: of aseg if several files have it), or a value by its name
        in a wide table.

    Returns
    -------
    Head
        The sizes as they stand there.

    Raises
    ------
    UnknownNameError
        If there is no such column or Measure.
    TableError
        If a Measure stands in several files, none of them aseg, or a column holds no numbers.
    """
    is_column = name in panel.people.columns
    if is_column:
        sizes, measure = _numbers(panel.people[name], name), name
        own = np.zeros(len(panel.cells), dtype=np.bool_)
    else:
        place = _place(panel, name)
        sizes, measure = panel.values[:, place], str(panel.cells["measure"].iloc[place])
        is_global = bool(panel.cells["region"].iloc[place] == GLOBAL)
        own = np.arange(len(panel.cells)) == place if not is_global else own_cells(panel.cells, measure)
    return Head(name, sizes, own, measure == HEAD_SCALING, is_column)


def own_cells(cells: pd.DataFrame, measure: str) -> BoolArray:
    """Say which cells are the header Measure of a name, in whatever file."""
    found: BoolArray = ((cells["region"] == GLOBAL) & (cells["measure"] == measure)).to_numpy(dtype=np.bool_)
    return found


def _numbers(column: pd.Series, name: str) -> FloatArray:
    if not is_number(column):
        hint = "pandas.to_numeric turns text into numbers"
        raise TableError(f"the column {name}: {wording(expected='numbers', found=str(column.dtype), hint=hint)}")
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _place(panel: Panel, name: str) -> int:
    """Find the cell of a head size; where there is none, name the head sizes that there are."""
    try:
        return places_of([name], panel.cells)[name]
    except UnknownNameError:
        measures = panel.cells["measure"].astype("object")
        there = dict.fromkeys(one for one in measures if one in HEAD_SIZES or one == HEAD_SCALING)
        if name not in HEAD_SIZES or not there:
            raise
        message = f"the table has no {name}, but {', '.join(there)}; say which: icv={next(iter(there))!r}"
        raise UnknownNameError(message) from None


def check_head_size(table: pd.DataFrame, *, icv: str = "eTIV") -> pd.DataFrame:
    """Look at the head size of every run before anything is adjusted by it.

    Parameters
    ----------
    table : DataFrame
        A long table.
    icv : str
        Which head size: a header Measure (``eTIV``, ``sTIV``, ``VSCALING`` …; of aseg if several files have it), a
        column of the people, or a value by its name in a wide table (``wmparc_global_eTIV``).

    Returns
    -------
    DataFrame
        A row a run: subject, session, stream; ``value``, the head size as it stands there; ``check``, the names of
        the checks that it fails (see Notes), and ``problem``, what is wrong. Both are missing where all is well.

    Raises
    ------
    ColumnsError
        If it is no long table.
    UnknownNameError
        If there is no such head size.
    TableError
        If the table has no rows, a value occurs twice, a Measure stands in several files and none is aseg, or a column
        holds no numbers.

    Notes
    -----
    The checks: ``missing`` (not in the files, or 0, which FreeSurfer prints for want of a value and is read as NaN);
    ``positive``; ``unit``, less than 100 thousand or more than 10 million where mm^3 are due, such as mL;
    ``implausible``, outside 0.8 to 2.5 million mm^3 (VSCALING: 0.7 to 2.5), which small children may have; ``brain``, a
    head smaller than BrainSegVol of the same run; ``estimators``, a column of the people that is eTIV in some runs and
    sTIV (or another Measure of the table) in others; ``varies``, a subject whose sessions differ by more than 0.1 %:
    the skull of an adult does not change, so this is error of measurement, which goes into the adjusted change. In
    FreeSurfer's longitudinal stream all time points have the head size of their base.

    Examples
    --------
    >>> table = pd.DataFrame({"subject": ["a", "b", "c"], "session": None, "stream": "cross", "source": "aseg"})
    >>> table = table.assign(hemi=None, region="global", measure="eTIV", value=[1.5e6, 1480, np.nan], unit="mm^3")
    >>> found = check_head_size(table)
    >>> found[["subject", "value", "check"]]
      subject      value    check
    0       a  1500000.0      NaN
    1       b     1480.0     unit
    2       c        NaN  missing
    >>> found["problem"].dropna().tolist()
    ['eTIV is 1480: expected mm^3, found a number like mL', 'no eTIV']
    """
    require(table, LONG, needed_by="check_head_size")
    require_rows(table, needed_by="check_head_size")
    panel = panel_of(table, needed_by="check_head_size", leave_out=columns_not_of(table, [icv]))
    head = head_of(panel, icv)
    found = findings(panel, head)
    rows = [[(one.check, one.each[run]) for one in found if one.runs[run]] for run in range(len(head.sizes))]
    checks = [", ".join(check for check, _ in row) or None for row in rows]
    problems = ["; ".join(text for _, text in row) or None for row in rows]
    words = pd.DataFrame({"check": checks, "problem": problems}).astype("str")
    keys = panel.people[list(SUBJECT_KEY)].astype("str")
    return pd.concat([keys, pd.Series(head.sizes, name="value"), words], axis=1)


def columns_not_of(table: pd.DataFrame, wanted: Collection[str]) -> list[str]:
    """Name the columns beyond the long table's own that are not wanted, and so may vary within a run."""
    return [name for name in table.columns if name not in LONG and name not in wanted]


def findings(panel: Panel, head: Head) -> list[Finding]:
    """Find what is wrong with head sizes.

    Parameters
    ----------
    panel : Panel
        The table.
    head : Head
        Its head sizes.

    Returns
    -------
    list of Finding
        Empty if nothing is.
    """
    checks = [_missing, _not_positive]
    checks += [_implausible] if head.is_factor else [_other_unit, _implausible, _smaller_than_brain, _mixed, _varying]
    return [one for check in checks for one in check(panel, head)]


def settle(found: Sequence[Finding], allow: Collection[str]) -> list[str]:
    """Raise for what must not be, and give the texts to warn of; neither for what is allowed.

    Parameters
    ----------
    found : sequence of Finding
        What is wrong.
    allow : collection of str
        Names of `HEAD_SIZE_CHECKS`.

    Returns
    -------
    list of str
        Warnings.

    Raises
    ------
    TableError
        If head sizes are not positive, in another unit, or of several estimators.
    """
    left = [one for one in found if one.check not in allow]
    wrong = next((one for one in left if one.check in _ERRORS), None)
    if wrong is not None:
        allowed = f"; or allow it: allow=[{wrong.check!r}]" if wrong.check in HEAD_SIZE_CHECKS else ""
        raise TableError(wrong.summary + allowed)
    return [one.summary for one in left]


def require_checks(allow: Collection[str]) -> None:
    """Raise `UnknownNameError` if something is allowed that nobody checks."""
    strange = next((name for name in allow if name not in HEAD_SIZE_CHECKS and name not in GUARDS), None)
    if strange is not None:
        raise UnknownNameError.among("check", strange, {**HEAD_SIZE_CHECKS, **GUARDS})


def names_of(panel: Panel, runs: BoolArray, most: int = 8) -> str:
    """Name runs by subject and session."""
    who = panel.people.loc[runs, ["subject", "session"]].drop_duplicates().astype("object")
    return some_of(["/".join(str(part) for part in row if pd.notna(part)) for row in who.to_numpy()], most)


def _missing(panel: Panel, head: Head) -> Iterator[Finding]:
    runs = np.isnan(head.sizes)
    if runs.any():
        others = _others(panel, head)
        instead = [
            ", ".join(name for name, sizes in others.items() if np.isfinite(sizes[run]).any())
            for run in range(len(runs))
        ]
        each = [f"no {head.name}" + (f", but {there}, which is something else" if there else "") for there in instead]
        known = sorted({there for there, run in zip(instead, runs, strict=True) if there and run})
        former = FORMER_NAMES.get(head.name)
        hint = f". Earlier versions call theirs {former}, which is not to be mixed with it" if former else ""
        hint = f". Of these some have {' or '.join(known)}, which is not to be mixed with it" if known else hint
        yield Finding(
            "missing",
            runs,
            each,
            f"{int(runs.sum())} run(s) have no {head.name}, so their adjusted values are missing: "
            f"{names_of(panel, runs)}. Either their files do not have it, or FreeSurfer printed 0 there for want of a "
            f"value, which is read as missing{hint}",
        )


def _others(panel: Panel, head: Head) -> dict[str, FloatArray]:
    """Give the other estimators that a table has: name to values, shape (runs, files)."""
    found = {name: own_cells(panel.cells, name) for name in HEAD_SIZES if name != head.name}
    return {name: panel.values[:, cells] for name, cells in found.items() if cells.any() and not head.is_factor}


def _not_positive(panel: Panel, head: Head) -> Iterator[Finding]:
    runs = (head.sizes <= 0) | np.isinf(head.sizes)
    if runs.any():
        each = [f"{head.name} is {size:g}: expected a positive number" for size in head.sizes]
        which = f"{head.name} is 0, negative or infinite in {int(runs.sum())} run(s): {names_of(panel, runs)}"
        yield Finding("positive", runs, each, f"{which}. A head size that is not known is missing (NaN), not 0")


def _other_unit(panel: Panel, head: Head) -> Iterator[Finding]:
    runs = _has_other_unit(head)
    if runs.any():
        middle = float(np.median(head.sizes[runs]))
        unit, factor = _unit_like(middle)
        hint = f"Give it in mm^3: times {factor:g}" if factor else "Give a head size, in mm^3"
        each = [
            f"{head.name} is {size:g}: {wording(expected='mm^3', found=_unit_like(size)[0])}" for size in head.sizes
        ]
        which = f"{head.name} is {unit} in {int(runs.sum())} run(s), by the median {middle:g}"
        yield Finding("unit", runs, each, f"{which}: {names_of(panel, runs)}. {hint}")


def _has_other_unit(head: Head) -> BoolArray:
    least, most = _IN_MM3
    return np.isfinite(head.sizes) & (head.sizes > 0) & ((head.sizes < least) | (head.sizes > most))


def _unit_like(size: float) -> tuple[str, float]:
    """Say which unit a head size looks like, and what makes mm^3 of it."""
    for unit, (least, most, factor) in _OTHER_UNITS.items():
        if least <= size <= most:
            return f"a number like {unit}", factor
    return "no number of mm^3", 0.0


def _implausible(panel: Panel, head: Head) -> Iterator[Finding]:
    least, most = _FACTORS if head.is_factor else _SIZES
    runs = np.isfinite(head.sizes) & (head.sizes > 0) & ((head.sizes < least) | (head.sizes > most))
    if not head.is_factor:
        runs &= ~_has_other_unit(head)  # said already
    if runs.any():
        each = [f"{head.name} is {size:g}: expected {least:g} to {most:g}" for size in head.sizes]
        text = f"{head.name} is outside {least:g} to {most:g} in {int(runs.sum())} run(s): {names_of(panel, runs)}"
        yield Finding("implausible", runs, each, text)


def _smaller_than_brain(panel: Panel, head: Head) -> Iterator[Finding]:
    cells = own_cells(panel.cells, "BrainSegVol") & ~head.cells
    if not cells.any():
        return
    brain = np.fmax.reduce(panel.values[:, cells], axis=1)
    runs = (head.sizes < brain) & (head.sizes > 0) & ~_has_other_unit(head)
    if runs.any():
        each = [
            f"{head.name} is {size:g}, less than BrainSegVol {one:g}"
            for size, one in zip(head.sizes, brain, strict=True)
        ]
        text = f"{head.name} is smaller than BrainSegVol in {int(runs.sum())} run(s): {names_of(panel, runs)}"
        yield Finding("brain", runs, each, f"{text}. Look at their registration to the atlas (talairach.xfm)")


def _mixed(panel: Panel, head: Head) -> Iterator[Finding]:
    """Find a column that is one Measure in some runs and another one in others."""
    if not head.is_column:
        return
    same = {name: _is(head.sizes, panel.values[:, own_cells(panel.cells, name)]) for name in HEAD_SIZES}
    same = {name: runs for name, runs in same.items() if runs.any()}
    alone = {
        name: runs & ~np.any([other for one, other in same.items() if one != name], axis=0)
        for name, runs in same.items()
        if len(same) > 1
    }
    alone = {name: runs for name, runs in alone.items() if runs.any()}
    covered = np.any([*same.values()], axis=0) if same else np.zeros(len(head.sizes), dtype=np.bool_)
    if len(alone) < 2 or covered.sum() * 2 <= np.isfinite(head.sizes).sum():  # else a chance of equal numbers
        return
    most = max(alone, key=lambda name: int(alone[name].sum()))
    rest = np.any([runs for name, runs in alone.items() if name != most], axis=0)
    each = [_which(alone, run) for run in range(len(head.sizes))]
    counts = ", ".join(f"{name} ({int(runs.sum())})" for name, runs in alone.items())
    text = f"the column {head.name} is of several estimators: {counts}. Take one for all runs"
    yield Finding("estimators", rest, [f"{head.name} is {one} here, {most} in other runs" for one in each], text)


def _is(sizes: FloatArray, values: FloatArray) -> BoolArray:
    """Say where sizes are one of some values."""
    near = np.abs(values - sizes[:, None]) <= _SAME * np.abs(sizes[:, None])
    return np.asarray(near.any(axis=1), dtype=np.bool_)


def _which(alone: dict[str, BoolArray], run: int) -> str:
    return next((name for name, runs in alone.items() if runs[run]), "none of these")


def _varying(panel: Panel, head: Head) -> Iterator[Finding]:
    one, _ = number(panel.people, ["subject", "stream"])
    groups = pd.Series(head.sizes).groupby(one)
    spread = ((groups.transform("max") - groups.transform("min")) / groups.transform("mean")).to_numpy()
    runs = spread > _VARIES
    if runs.any():
        each = [f"{head.name} differs by {100 * part:.2g} % between this subject's sessions" for part in spread]
        subjects = panel.people.loc[runs, "subject"].astype("str").unique()
        yield Finding(
            "varies",
            runs,
            each,
            f"{head.name} of {len(subjects)} subject(s) differs between sessions by more than {100 * _VARIES:g} %: "
            f"{some_of([*subjects])}. A skull does not change: give each subject one head size, that of its base",
        )
