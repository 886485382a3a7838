"""From a long table to head sizes, the cells to adjust, and their slopes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, Positions, as_words, require, some_of
from fsstats.errors import FormulaError, TableError, UnknownNameError
from fsstats.schema import ADJUSTED_FOR, CELL, LONG
from fsstats.schema.policy import HEAD_SCALING, NOT_STRAIGHT, Scaling, scaling_of
from fsstats.stats._derived import Reference, levels_of, reference_rows, says
from fsstats.stats._formula import variables_of
from fsstats.stats._head_size import FEWEST, SizeSlopes, is_given, logs, size_slopes
from fsstats.stats._icv import Head, columns_not_of, findings, head_of, own_cells, settle
from fsstats.stats._required import require_of_people, require_rows
from fsstats.stats.design import design_of
from fsstats.stats.guards import GUARDS, Notes, notes_of_mixing
from fsstats.tables.panel import BoolArray, Panel, panel_of
from fsstats.tables.shape import column_name
from fsstats.tables.variables import people_columns, places_of, with_variables

HeadSizeMethod = Literal["residual", "proportion", "power", "covariate", "sienax"]
METHODS: Final[tuple[HeadSizeMethod, ...]] = get_args(HeadSizeMethod)
FITTED: Final = ("residual", "power")
"""Methods with a slope or exponent of their own for each region."""
FITTED_COLUMNS: Final = (*CELL, "unit", "level", "coefficient", "std_error", "df", "n", "n_missing", "note")
_DIVIDED: Final = ("unitless", "percent")
FRACTION: Final = "fraction"
"""Ends the name of what is divided by head size: volume_fraction."""
NO_SLOPE: Final = "no slope"
"""Begins or ends the note of a region that has no coefficient."""


@dataclass(frozen=True, slots=True)
class HeadSizeChoices:
    """What the caller wants; see `adjust_head_size`."""

    icv: str
    method: HeadSizeMethod
    reference: Reference | None = None
    by: str | None = None
    nuisance: str = ""
    exponent: float | Mapping[str, float] | None = None
    keep_unit: bool = False
    measures: tuple[str, ...] | None = None
    force: tuple[str, ...] = ()
    minimum: int = 20
    allow: tuple[str, ...] = ()

    @property
    def learns(self) -> bool:
        """Whether anything is taken from the reference."""
        return self.method in (*FITTED, "covariate") or self.keep_unit

    @property
    def whom(self) -> str:
        """The reference in words."""
        return says(levels_of(self.reference))


class Ready(NamedTuple):
    """A table made ready: what to adjust, and by which head sizes."""

    panel: Panel
    head: Head
    places: Positions
    """The cells to adjust."""
    exponents: FloatArray
    """By what power of head size each of them goes; NaN if by none."""

    @property
    def cells(self) -> pd.DataFrame:
        """The cells to adjust."""
        return self.panel.cells.iloc[self.places].reset_index(drop=True)

    @property
    def names(self) -> list[str]:
        """Their names, as in a wide table."""
        labels = self.cells[list(CELL)].astype("object")
        return [column_name(*label) for label in labels.itertuples(index=False, name=None)]


class Inside(NamedTuple):
    """The reference of one level."""

    rows: BoolArray
    """Which of the runs that the slopes rest on are of the level."""
    runs: int
    """How many the level has, those without a nuisance variable among them."""


class FittedSlopes(NamedTuple):
    """What was learned from a reference."""

    means: Mapping[str, float]
    """Mean head size by level of `by`; '' without one."""
    frame: pd.DataFrame
    """`FITTED_COLUMNS`, a row a cell, level after level."""


def ready_of(table: pd.DataFrame, asked: HeadSizeChoices, *, needed_by: str) -> tuple[Ready, list[str]]:
    """Find head sizes and the cells to adjust, and say what is doubtful about them."""
    require(table, [*LONG, *([asked.by] if asked.by else []), *(asked.reference or {})], needed_by=needed_by)
    wanted = [asked.icv, *(asked.reference or {}), *([asked.by] if asked.by else []), *_variables(asked.nuisance)]
    require_rows(table, needed_by=needed_by)
    panel = panel_of(table, needed_by=needed_by, leave_out=columns_not_of(table, wanted))
    require_of_people([*([asked.by] if asked.by else []), *(asked.reference or {})], panel, needed_by=needed_by)
    _require_variables(_variables(asked.nuisance), table, panel)
    head = head_of(panel, asked.icv)
    _refuse_wrong_way(head, asked.method)
    said = settle(findings(panel, head), asked.allow)
    if not np.isfinite(head.sizes).any():
        message = f"no run has a head size: {head.name} is missing everywhere"
        raise TableError(message)
    if asked.method == "covariate":
        return Ready(panel, head, np.empty(0, dtype=np.intp), np.empty(0)), said
    labels = panel.cells[["region", "measure", "unit"]].astype("object")
    scalings = [_scaling(*label) for label in labels.itertuples(index=False, name=None)]
    places = _chosen(panel.cells, head, scalings, asked)
    exponents = [scalings[place].exponent for place in places]
    ready = Ready(panel, head, places, np.array([np.nan if one is None else one for one in exponents]))
    _refuse_divided(ready)
    _refuse_adjusted(table, ready)
    _refuse_units(ready, asked)
    return ready, [*said, *_not_straight(ready, asked), *_without_level(ready, asked)]


def _scaling(region: str, measure: str, unit: object) -> Scaling:
    """Tell how a measure goes with head size; a fraction as what was divided, so that it is not divided again."""
    origin = measure.removesuffix(f"_{FRACTION}")
    return scaling_of(region, origin, unit if isinstance(unit, str) else None)


def _variables(formula: str) -> list[str]:
    return variables_of(formula) if formula.strip() else []


def _require_variables(names: Sequence[str], table: pd.DataFrame, panel: Panel) -> None:
    """Raise if a variable is neither a column nor a value of the table."""
    strange = [name for name in names if name not in table.columns]
    places_of(strange, panel.cells, others=people_columns(table.columns), values=panel.values)


def _refuse_wrong_way(head: Head, method: HeadSizeMethod) -> None:
    """Refuse a factor where a size is due, and the reverse."""
    if head.is_factor != (method == "sienax"):
        message = (
            f"{head.name} grows as the head shrinks, so it is no head size; take method='sienax'"
            if head.is_factor
            else f"method='sienax' multiplies by {HEAD_SCALING}, and {head.name} is a head size; leave icv out"
        )
        raise TableError(message)


def _chosen(cells: pd.DataFrame, head: Head, scalings: Sequence[Scaling], asked: HeadSizeChoices) -> Positions:
    """Find the cells to adjust; refuse measures that are not."""
    measures = cells["measure"].astype("str")
    strange = next((name for name in (*(asked.measures or ()), *asked.force) if not (measures == name).any()), None)
    if strange is not None:
        raise UnknownNameError.among("measure of the table", strange, measures)
    is_head = head.cells | (head.is_column & own_cells(cells, head.name))
    usual = np.array([one.is_adjusted for one in scalings], dtype=np.bool_) & ~is_head
    usual |= measures.isin(asked.force).to_numpy()
    chosen = usual if asked.measures is None else usual & measures.isin(asked.measures).to_numpy()
    for name in asked.measures or ():
        own = np.flatnonzero(measures == name)
        if not usual[own].any():
            _refuse_measure(name, scalings[own[0]])
    if not chosen.any():
        message = f"there is no volume or area to adjust; the measures are {some_of([*measures.unique()])}"
        raise TableError(message)
    return np.flatnonzero(chosen)


def _refuse_measure(measure: str, scaling: Scaling) -> None:
    why = "it is the head size itself" if scaling.is_adjusted else scaling.reason
    message = f"{measure} is not adjusted: {why}. Leave it out; or adjust it all the same: force=[{measure!r}]"
    raise TableError(message)


def _refuse_divided(ready: Ready) -> None:
    """Refuse values that are fractions or per cent of something already."""
    divided = (ready.exponents > 0) & ready.cells["unit"].isin(_DIVIDED).to_numpy()
    if divided.any():
        place = int(np.flatnonzero(divided)[0])
        name, unit = ready.names[place], ready.cells["unit"].iloc[place]
        message = f"{name} is {unit}: it has been divided by head size already, and must not be adjusted twice"
        raise TableError(message)


def _refuse_adjusted(table: pd.DataFrame, ready: Ready) -> None:
    """Refuse values of which the table says that they are adjusted."""
    if ADJUSTED_FOR not in table.columns:
        return
    twice = np.isin(ready.panel.column, ready.places) & table[ADJUSTED_FOR].notna().to_numpy()
    if twice.any():
        row = int(np.flatnonzero(twice)[0])
        name = ready.names[int(np.flatnonzero(ready.places == ready.panel.column[row])[0])]
        message = f"{name} is adjusted for {table[ADJUSTED_FOR].iloc[row]} already, and must not be adjusted twice"
        raise TableError(message)


def _refuse_units(ready: Ready, asked: HeadSizeChoices) -> None:
    """Refuse to scale what has no exponent, or to divide units that do not cancel."""
    if asked.method in ("proportion", "sienax") and np.isnan(ready.exponents).any():
        name = ready.names[int(np.flatnonzero(np.isnan(ready.exponents))[0])]
        message = f"{name} goes by no known power of head size, as method={asked.method!r} needs; take 'residual'"
        raise TableError(message)
    if asked.method == "proportion" and not asked.keep_unit and "unit" not in asked.allow:
        units = ready.cells["unit"].astype("object")
        odd = [place for place, unit in enumerate(units) if not str(unit).startswith("mm")]
        if odd:
            unit = f"is in {units.iloc[odd[0]]}" if isinstance(units.iloc[odd[0]], str) else "has no unit"
            message = f"{ready.names[odd[0]]} {unit}, the head size is in mm^3: no fraction comes out; give it in mm^3"
            raise TableError(message)


def _not_straight(ready: Ready, asked: HeadSizeChoices) -> Iterator[str]:
    """Warn of regions of which a straight line, or a fraction, says little."""
    if asked.method not in ("residual", "proportion") or "nonlinear" in asked.allow:
        return
    cells = ready.cells
    curved = (cells["region"].isin(NOT_STRAIGHT) | cells["measure"].isin(NOT_STRAIGHT)).to_numpy()
    if curved.any():
        names = [name for name, is_so in zip(ready.names, curved, strict=True) if is_so]
        yield (
            f"{len(names)} measure(s) are not known to go with head size as method={asked.method!r} takes for granted: "
            f"{some_of(names, 4)}. Take method='power' for them, or a model of log(value) with log({ready.head.name})"
        )


def _without_level(ready: Ready, asked: HeadSizeChoices) -> Iterator[str]:
    """Warn of runs of which it is not known whose slope they take."""
    if asked.by is None or "missing" in asked.allow:
        return
    lost = ready.panel.people[asked.by].isna()
    if lost.any():
        yield f"{int(lost.sum())} run(s) have no {asked.by}, so their adjusted values are missing"


def fitted_of(table: pd.DataFrame, ready: Ready, asked: HeadSizeChoices) -> tuple[FittedSlopes, list[str]]:
    """Fit slopes or exponents to the reference, and say what is doubtful about them."""
    reference = _reference(ready, asked)
    levels = _levels(ready, asked)
    of_levels = {level: ready.head.sizes[own & reference] for level, own in levels.items()}
    means = {level: float(sizes.mean()) if len(sizes) else np.nan for level, sizes in of_levels.items()}
    notes = _guarded(table, ready, reference, asked)
    if asked.method in FITTED:
        rows, others = _with_nuisance(ready, reference, asked)
        inside = {level: Inside(own[rows], len(of_levels[level])) for level, own in levels.items()}
        frame, said = _fitted(ready, rows, others, inside, asked)
    else:
        none = np.full(len(ready.places), np.nan)
        frame, said = _frame(ready, "", SizeSlopes(ready.exponents, none, none, none), 0, np.full(len(none), None)), []
    return FittedSlopes(means, typed(frame.assign(note=_together(frame["note"], np.tile(notes, len(levels)))))), said


def _together(first: pd.Series, second: Notes) -> pd.Series:
    """Join notes; missing where there is none."""
    own = first.astype("object").where(first.notna(), None)
    both = ["; ".join(filter(None, pair)) or None for pair in zip(own, second, strict=True)]
    return pd.Series(both, index=first.index, dtype="str")


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Give the columns of `FITTED_COLUMNS` their types."""
    numbers = ("coefficient", "std_error", "df", "n", "n_missing")
    return frame.astype({name: "float64" if name in numbers else "str" for name in FITTED_COLUMNS})


def _reference(ready: Ready, asked: HeadSizeChoices) -> BoolArray:
    """Say which runs are of the reference and have a head size."""
    people = ready.panel.people
    rows = np.isfinite(ready.head.sizes)
    rows &= reference_rows(people, asked.reference, needed_by="adjust_head_size")
    if asked.by is not None:
        rows &= people[asked.by].notna().to_numpy()
    if asked.learns and not rows.any():
        message = f"no run of the reference ({asked.whom}) has a head size"
        raise TableError(message)
    return rows


def _with_nuisance(ready: Ready, rows: BoolArray, asked: HeadSizeChoices) -> tuple[BoolArray, FloatArray]:
    """Say which of these runs the slopes rest on, and give their nuisance variables, a row each."""
    names = _variables(asked.nuisance)
    if not names:
        return rows, np.empty((int(rows.sum()), 0))
    people, _ = with_variables(ready.panel, names)
    design = design_of(asked.nuisance, people[rows].reset_index(drop=True))
    complete = rows.copy()
    complete[rows] = design.rows
    return complete, design.matrix


def _levels(ready: Ready, asked: HeadSizeChoices) -> dict[str, BoolArray]:
    """Give the runs of each level of `by`; all under the name '' without one."""
    if asked.by is None:
        return {"": np.ones(len(ready.head.sizes), dtype=np.bool_)}
    column = as_words(ready.panel.people[asked.by])
    return {str(level): (column == level).to_numpy(dtype=np.bool_) for level in sorted(column.dropna().unique())}


def _guarded(table: pd.DataFrame, ready: Ready, rows: BoolArray, asked: HeadSizeChoices) -> Notes:
    """Refuse mixed streams and versions among what the fit rests on; say what is mixed and allowed, cell by cell."""
    panel = ready.panel
    used = np.isin(panel.column, ready.places) | ready.head.cells[panel.column]
    part = Panel(panel.people, panel.cells, panel.values, panel.row[used], panel.column[used])
    allow = [name for name in asked.allow if name in GUARDS] if asked.learns else list(GUARDS)
    found: Notes = notes_of_mixing(table[used], part, rows, allow)[ready.places]
    return found if asked.learns else np.full(len(found), None, dtype=object)


def _fitted(
    ready: Ready, rows: BoolArray, others: FloatArray, inside: Mapping[str, Inside], asked: HeadSizeChoices
) -> tuple[pd.DataFrame, list[str]]:
    """Fit each level, with the common slope where it has too few runs."""
    values, sizes = ready.panel.values[rows][:, ready.places], ready.head.sizes[rows]
    fixed = _fixed(ready, asked)
    if np.isnan(fixed).any():
        _refuse_slopes(sizes, others, asked)
    said = [*_zeros(ready, values, asked)]
    values = np.where(np.isfinite(values), values, np.nan)
    if asked.method == "power":
        values, sizes = logs(values), logs(sizes)
    intercepts = [np.stack([own.rows for own in inside.values()], axis=1).astype(np.float64)] if asked.by else []
    common = size_slopes(values, sizes, np.column_stack([others, *intercepts]))
    frames, few = [], {}
    for level, (own, runs) in inside.items():
        found = size_slopes(values[own], sizes[own], others[own]) if asked.by else common
        is_few = np.isnan(fixed) & ((found.n < asked.minimum) | (asked.by is not None and np.isnan(found.estimate)))
        few[level] = is_few
        if asked.by:
            found = _instead(found, common, is_few)
        found = _with_fixed(found, fixed)
        frames.append(_frame(ready, level, found, runs, _notes(found, fixed, is_few, asked)))
    frame = pd.concat(frames, ignore_index=True)
    return frame, [*said, *_few(ready, frame, few, inside, asked), *_lost(ready, frame, inside, asked)]


def _fixed(ready: Ready, asked: HeadSizeChoices) -> FloatArray:
    """Give the exponents that are not fitted, NaN for the others."""
    measures = ready.cells["measure"].astype("str")
    if not isinstance(asked.exponent, Mapping):
        return np.full(len(measures), np.nan if asked.exponent is None else float(asked.exponent))
    strange = next((name for name in asked.exponent if not (measures == name).any()), None)
    if strange is not None:
        raise UnknownNameError.among("measure that is adjusted", strange, measures)
    return np.array([asked.exponent.get(name, np.nan) for name in measures], dtype=np.float64)


def _refuse_slopes(sizes: FloatArray, others: FloatArray, asked: HeadSizeChoices) -> None:
    """Refuse a reference in which no region can have a slope."""
    n = len(sizes)
    if n < FEWEST or np.ptp(sizes) <= 1e-9 * sizes.max():
        found = f"{asked.icv} does not vary" if n >= FEWEST else f"{n} run(s) are too few"
        message = f"{found} in the reference ({asked.whom}), so there is no slope"
        raise TableError(message)
    if is_given(sizes, others):
        found = f"{asked.icv} is a combination of them in {n} run(s)"
        raise FormulaError.at(asked.nuisance, expected=f"variables that do not give {asked.icv}", found=found)


def _zeros(ready: Ready, values: FloatArray, asked: HeadSizeChoices) -> Iterator[str]:
    """Warn of values that are no size."""
    counts = (values <= 0).sum(axis=0) * (ready.exponents > 0)
    if counts.any() and "zeros" not in asked.allow:
        names = [name for name, n in zip(ready.names, counts, strict=True) if n]
        what = "they are left out of the fit" if asked.method == "power" else "they go into the slopes"
        whose = " of the reference" if asked.reference else ""
        yield (
            f"{counts.sum():g} value(s){whose} are 0 or less, of {some_of(names, 4)}: {what}. "
            "A structure that was not found is missing (NaN), not of size 0"
        )


def _instead(found: SizeSlopes, common: SizeSlopes, few: BoolArray) -> SizeSlopes:
    """Take the common slopes where a level has too few runs; `n` stays the level's own."""
    estimate, std_error, df = (np.where(few, other, own) for own, other in zip(found[:3], common[:3], strict=True))
    return SizeSlopes(estimate, std_error, df, found.n)


def _notes(found: SizeSlopes, fixed: FloatArray, few: BoolArray, asked: HeadSizeChoices) -> Notes:
    """Say of each cell what is odd about its slope."""
    common = f"; common slope of all levels of {asked.by}" if asked.by else ""
    notes: Notes = np.full(len(few), None, dtype=object)
    notes[few] = [f"{n:g} value(s) in the reference, fewer than {asked.minimum}{common}" for n in found.n[few]]
    for text, cells in (
        ("exponent given, not fitted", ~np.isnan(fixed)),
        (NO_SLOPE, np.isnan(found.estimate)),
        ("values do not vary", np.isfinite(found.estimate) & np.isnan(fixed) & np.isnan(found.std_error)),
    ):
        notes[cells] = [f"{note}; {text}" if note else text for note in notes[cells]]
    return notes


def _with_fixed(found: SizeSlopes, fixed: FloatArray) -> SizeSlopes:
    free = np.isnan(fixed)
    std_error, df, n = (np.where(free, one, np.nan) for one in found[1:])
    return SizeSlopes(np.where(free, found.estimate, fixed), std_error, df, n)


def _frame(ready: Ready, level: str, found: SizeSlopes, rows: int, notes: Notes) -> pd.DataFrame:
    """Give the rows of one level."""
    cells = ready.cells[[*CELL, "unit"]].astype("object")
    numbers = {"std_error": found.std_error, "df": found.df, "n": found.n, "n_missing": rows - found.n}
    return cells.assign(level=level, coefficient=found.estimate, **numbers, note=notes)


def _few(
    ready: Ready,
    frame: pd.DataFrame,
    few: Mapping[str, BoolArray],
    inside: Mapping[str, Inside],
    asked: HeadSizeChoices,
) -> Iterator[str]:
    """Warn of slopes that rest on few runs, or on those of other levels."""
    if "few" in asked.allow:
        return
    if asked.by is None:
        if (weak := few[""]).any():
            names = [name for name, is_few in zip(ready.names, weak, strict=True) if is_few]
            least = frame["n"].to_numpy()[weak].min()
            what = f"{len(names)} of {len(weak)} slopes rest on fewer than {asked.minimum} runs of the reference"
            yield f"{what} ({asked.whom}), the least on {least:g}: {some_of(names, 4)}"
        return
    weak_levels = [f"{level} ({int(inside[level].rows.sum())})" for level, weak in few.items() if weak.any()]
    if weak_levels:
        yield (
            f"some or all regions have fewer than {asked.minimum} values in the reference ({asked.whom}) of {asked.by} "
            f"{some_of(weak_levels)}, or no slope of their own, and take the common slope of all levels"
        )


def _lost(ready: Ready, frame: pd.DataFrame, inside: Mapping[str, Inside], asked: HeadSizeChoices) -> Iterator[str]:
    """Warn of what has no slope or no mean, so that its adjusted values are missing."""
    if "missing" in asked.allow:
        return
    empty = [level for level, own in inside.items() if not own.runs]
    if empty:
        yield f"{asked.by} {some_of(empty)}: no run of the reference ({asked.whom}), so adjusted values are missing"
    none = np.isnan(frame["coefficient"].to_numpy(dtype=np.float64)).reshape(len(inside), -1).any(axis=0)
    if none.any():
        names = [name for name, is_none in zip(ready.names, none, strict=True) if is_none]
        yield f"there is no slope for {some_of(names)}, so adjusted values are missing"
