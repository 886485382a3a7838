"""What the rules look at: a long table as a matrix, with what each run is to be compared with."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, Positions, as_words, is_number, listed, require
from fsstats.errors import TableError, UnknownNameError, warn, wording
from fsstats.qc._robust import Scores, fitted_by, joined_groups, scores_of
from fsstats.schema import CELL, GLOBAL, HEMIS, LONG, SUBJECT_KEY, hemi_of
from fsstats.schema.limits import COUNTS, SKEWED, may_be_zero
from fsstats.schema.policy import HEAD_SIZES, NOT_STRAIGHT
from fsstats.stats import design_of
from fsstats.stats._pairs import SidePairs, pairs_of
from fsstats.tables.panel import BoolArray, Panel, column_by_value, number, panel_of
from fsstats.tables.variables import NO_PEOPLE, people_columns, with_variables
from fsstats.tables.versions import VERSION_COLUMNS, with_versions

TIME: Final = "time"
"""The column of years that `sessions` makes: it is used unasked."""
_SIDES: Final = {"lh": "left ", "rh": "right "}
_OF_SURFACES: Final = ("n_vertices", "area", "thickness")


@dataclass(frozen=True)
class Seen:
    """A long table as the rules see it. Made by `seen_of`."""

    panel: Panel
    has: BoolArray
    """Which values the table has a row for, shape (runs, cells)."""
    group: Positions
    """The stream of each run, and its site if asked for: runs are compared within it."""
    design: FloatArray | None
    """The covariates of each run, NaN where one is missing; None without covariates."""
    variables: Sequence[int]
    """Cells that are covariates themselves."""
    years: FloatArray | None
    """When each run was; None where that is not known."""
    versions: pd.DataFrame | None
    """run, source, version: each combination once; None where that is not known."""
    files: pd.DataFrame | None
    elsewhere: BoolArray
    """Which values the table has in another unit than that of their cell."""
    strange: pd.DataFrame
    """Rows of the table that are in another unit than their cell has in most runs; they are in no matrix."""

    @cached_property
    def names(self) -> list[str]:
        """What each cell is called in a sentence."""
        columns = self.panel.cells[["source", "hemi", "region", "measure"]].astype("object")
        return [_named(*row) for row in columns.itertuples(index=False, name=None)]

    @cached_property
    def by_stream(self) -> list[Positions]:
        """The runs of each stream that has sessions, which base has not; runs without a stream are one of their own."""
        streams = self.panel.people["stream"].astype("object").where(self.panel.people["stream"].notna(), "")
        return [np.flatnonzero(streams == one) for one in sorted(streams.unique()) if one != "base"]

    @cached_property
    def people_per_run(self) -> FloatArray:
        """How many people the runs of the group of each run are of, a run; shape (runs, 1)."""
        one = pd.factorize(as_words(self.panel.people["subject"]))[0]
        groups = pd.Series(one).groupby(self.group)
        return np.asarray(groups.transform("nunique") / groups.transform("size"), dtype=np.float64)[:, None]

    @cached_property
    def is_global(self) -> BoolArray:
        """Which cells are header Measures."""
        return (self.panel.cells["region"] == GLOBAL).to_numpy(dtype=np.bool_)

    @cached_property
    def measure(self) -> list[str]:
        """The measure of each cell."""
        return [str(one) for one in self.panel.cells["measure"]]

    @cached_property
    def of_surface(self) -> BoolArray:
        """Which cells a surface was measured for, not a volume."""
        sources = self.panel.cells.loc[self.panel.cells["measure"].isin(_OF_SURFACES), "source"].unique()
        return self.panel.cells["source"].isin(sources).to_numpy(dtype=np.bool_)

    @cached_property
    def zero_allowed(self) -> BoolArray:
        """Which cells are of structures that may be absent."""
        labels = self.panel.cells[["source", "region", "measure"]].astype("str")
        return np.array([may_be_zero(*label) for label in labels.itertuples(index=False, name=None)], dtype=np.bool_)

    @cached_property
    def is_log(self) -> BoolArray:
        """Which cells are skewed to the right, so that their logarithms are compared."""
        regions = self.panel.cells["region"].isin(NOT_STRAIGHT) | self.panel.cells["measure"].isin(
            NOT_STRAIGHT | SKEWED
        )
        return (regions.to_numpy(dtype=np.bool_) | self.zero_allowed) & ~self._not_positive

    @cached_property
    def _not_positive(self) -> BoolArray:
        """Which cells have values below 0 as often as not."""
        values = self.panel.values
        return np.asarray((values < 0).sum(axis=0) > 0.1 * np.isfinite(values).sum(axis=0))

    @cached_property
    def judged(self) -> BoolArray:
        """Which cells are compared over runs: each quantity once, no counts, no covariates."""
        counts = self.panel.cells["measure"].isin(COUNTS).to_numpy(dtype=np.bool_)
        kept = ~counts & self._first_of_its_kind
        kept[list(self.variables)] = False
        return kept

    @cached_property
    def _first_of_its_kind(self) -> BoolArray:
        """Which cells do not repeat another's values: files print each other's Measures."""
        kind, _ = number(self.panel.cells, ["hemi", "region", "measure"])
        columns = np.ascontiguousarray(self.panel.values.T)
        if self.is_global.any():  # a Measure of the whole brain stands in the files of both sides
            whole, _ = number(self.panel.cells, ["measure"])
            kind = np.where(self.is_global, -1 - whole, kind)
        known = pd.Series([(one, hash(own.tobytes())) for one, own in zip(kind.tolist(), columns, strict=True)])
        return ~known.duplicated().to_numpy()

    @cached_property
    def head(self) -> str | None:
        """The name of the head size that the table has."""
        there = {measure for measure, whole in zip(self.measure, self.is_global, strict=True) if whole}
        return next((name for name in HEAD_SIZES if name in there), None)

    @cached_property
    def compared(self) -> FloatArray:
        """The values as they are compared: logarithms of what is skewed; infinite ones are missing."""
        return compared(self.panel.values, self.is_log)

    @cached_property
    def expected(self) -> FloatArray | None:
        """What the covariates let expect; None without covariates."""
        return self.expected_of(self.compared)

    def expected_of(self, values: FloatArray) -> FloatArray | None:
        """Give what the covariates let expect of values; NaN for the covariates themselves, None without any."""
        if self.design is None:
            return None
        found = fitted_by(values, self.design)
        found[:, list(self.variables)] = np.nan
        return found

    @cached_property
    def scores(self) -> Scores:
        """How far each value is from the others, by median and MAD."""
        return scores_of(self.compared, self.group, expected=self.expected)

    @cached_property
    def sides(self) -> SidePairs | None:
        """Left and right of regions that have both; None if there are none.

        A source in which two cells are the same side of a structure is left out.
        """
        found = []
        wanted = self.panel.cells[~self.is_global & self.panel.cells["hemi"].isin(HEMIS).to_numpy()]
        for _, own in wanted.groupby("source", sort=False):
            with suppress(TableError):
                pairs = pairs_of(own.reset_index(drop=True), needed_by="qc")
                both, places = (pairs.left >= 0) & (pairs.right >= 0), own.index.to_numpy()
                found.append((pairs.cells[both], places[pairs.left[both]], places[pairs.right[both]]))
        if not any(len(one) for one, _, _ in found):
            return None
        labels, left, right = zip(*found, strict=True)
        return SidePairs(pd.concat(labels, ignore_index=True), np.concatenate(left), np.concatenate(right))

    def of_source(self, source: str) -> dict[str, int]:
        """Find the header Measures of one source: name to cell, of files of both sides the first."""
        own = (self.panel.cells["source"] == source).to_numpy() & self.is_global
        found: dict[str, int] = {}
        for place in np.flatnonzero(own):
            found.setdefault(self.measure[place], int(place))
        return found


def compared(values: FloatArray, is_log: BoolArray) -> FloatArray:
    """Give values as they are compared over runs.

    Parameters
    ----------
    values : ndarray, shape (runs, cells)
        As the table has them.
    is_log : ndarray of bool, shape (cells,)
        Of which cells the logarithm is taken; what is not positive is missing there.

    Returns
    -------
    ndarray
        Infinite values are missing.
    """
    found = np.where(np.isfinite(values), values, np.nan)
    own = found[:, is_log]
    found[:, is_log] = np.log(np.where(own > 0, own, np.nan))
    return found


def seen_of(
    table: pd.DataFrame,
    *,
    needed_by: str,
    files: pd.DataFrame | None = None,
    covariates: Sequence[str] = (),
    site: str | None = None,
    time: str | None = None,
) -> Seen:
    """Look at a long table.

    Parameters
    ----------
    table : DataFrame
        A long table, perhaps with people's columns.
    needed_by : str
        Who asks, for errors.
    files : DataFrame, optional
        The files table of the same study.
    covariates : sequence of str
        Columns of the people, header Measures, or values by their names in a wide table.
    site : str, optional
        The column of the people whose values are compared apart.
    time : str, optional
        A column in years; by default ``time``, if there is one.

    Returns
    -------
    Seen
        What the rules look at.

    Raises
    ------
    ColumnsError, FormulaError, TableError, UnknownNameError
        If it is no long table, or a column cannot be what it is named for.
    """
    if files is not None and len(table) and VERSION_COLUMNS.keys().isdisjoint(table.columns):
        table = with_versions(table, files)
    covariates = listed(covariates)
    when = time if time is not None or TIME not in table.columns else TIME
    wanted = {*LONG, *covariates, *filter(None, (site, when))}
    require(table, LONG, needed_by=needed_by)
    table, strange = _by_unit(table)
    panel = panel_of(table, needed_by=needed_by, leave_out=[name for name in table.columns if name not in wanted])
    has = np.zeros(panel.values.shape, dtype=np.bool_)
    has[panel.row, panel.column] = True
    design, variables = _design(panel, covariates, people_columns(table.columns))
    return Seen(
        panel,
        has,
        _group(panel.people, site, table),
        design,
        variables,
        None if when is None else _years(panel.people, when, table),
        _versions(table, panel),
        files,
        _where(panel, strange),
        strange,
    )


def _by_unit(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Part the rows whose unit is that of their cell in most runs from the others."""
    cell, first = number(table, CELL)
    unit, _ = number(table, ["unit"])
    mixed = np.unique(cell[unit != unit[first][cell]])
    if not len(mixed):
        return table, table.iloc[:0]
    counts = pd.DataFrame({"cell": cell, "unit": unit})[np.isin(cell, mixed)].value_counts().reset_index()
    usual = unit[first]
    most = counts.drop_duplicates("cell")
    usual[most["cell"]] = most["unit"]
    own = unit == usual[cell]
    return table[own], table[~own]


def _where(panel: Panel, rows: pd.DataFrame) -> BoolArray:
    """Say where rows would stand that are in no matrix: they are not missing."""
    found = np.zeros(panel.values.shape, dtype=np.bool_)
    both = [(panel.people, SUBJECT_KEY), (panel.cells, CELL)]
    places = [_index(known, names).get_indexer(_index(rows, names)) for known, names in both]
    there = (places[0] >= 0) & (places[1] >= 0)
    found[places[0][there], places[1][there]] = True
    return found


def _index(table: pd.DataFrame, names: Sequence[str]) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(table[list(names)].astype("str").fillna(""))


def _group(people: pd.DataFrame, site: str | None, table: pd.DataFrame) -> Positions:
    streams = pd.factorize(people["stream"])[0].astype(np.intp)
    if site is None:
        return streams
    _require_column(people, site, "site", table)
    if missing := int(people[site].isna().sum()):
        warn(f"{missing} run{'' if missing == 1 else 's'} without {site}: compared with each other, as if of one site")
    return joined_groups([streams, pd.factorize(as_words(people[site]))[0].astype(np.intp)])


def _require_column(people: pd.DataFrame, name: str, kind: str, table: pd.DataFrame) -> None:
    if name not in people.columns or name in SUBJECT_KEY:
        known = people_columns(table.columns)
        raise UnknownNameError.among(f"column of people ({kind})", name, known, why="" if known else NO_PEOPLE)


def _years(people: pd.DataFrame, time: str, table: pd.DataFrame) -> FloatArray:
    _require_column(people, time, "time", table)
    column = people[time]
    if not is_number(column):
        raise TableError(f"time: {wording(expected=f'years as numbers in {time!r}', found=str(column.dtype))}")
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _design(panel: Panel, covariates: Sequence[str], known: Sequence[str]) -> tuple[FloatArray | None, list[int]]:
    """Give the design of the covariates, row by row, and the cells that they are, in whatever file."""
    if not covariates:
        return None, []
    people, places = with_variables(panel, covariates, others=known)
    design = design_of(" + ".join(f"`{name}`" for name in covariates), people)
    matrix = np.full((len(people), design.matrix.shape[1]), np.nan)
    matrix[design.rows] = design.matrix
    own = panel.cells.iloc[[*places.values()]]
    measures = panel.cells["measure"].where(panel.cells["region"] == GLOBAL)  # which other files print too
    again = measures.isin(own.loc[own["region"] == GLOBAL, "measure"])
    return matrix, sorted({*places.values(), *np.flatnonzero(again).tolist()})


def _versions(table: pd.DataFrame, panel: Panel) -> pd.DataFrame | None:
    """Give which version wrote which source of which run."""
    by_value = column_by_value(table, panel, "version")
    if by_value is None:
        return None
    row, cell, said = by_value
    source, first = number(panel.cells, ["source"])
    rows = pd.DataFrame({"run": row, "source": source[cell], "version": said.to_numpy(dtype=object)})
    once = rows.iloc[number(rows, ["run", "source", "version"])[1]].dropna()
    names = panel.cells["source"].iloc[first].to_numpy(dtype=object)
    return once.assign(source=names[once["source"].to_numpy()]).reset_index(drop=True)


def _named(source: object, hemi: object, region: str, measure: str) -> str:
    """Name a cell as a person would: left insula thickness (aparc)."""
    if region == GLOBAL:
        of_side = isinstance(hemi, str) and not measure.startswith(hemi)
        return f"{measure} ({hemi}.{source})" if of_side else f"{measure} ({source})"
    side = "" if hemi_of(region) else _SIDES.get(str(hemi), "")
    return f"{side}{region} {measure.replace('_', ' ')} ({source})"
