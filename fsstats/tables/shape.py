"""Between the long table and one row per subject."""

from functools import cache

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, require, to_category
from fsstats.errors import TableError, warn
from fsstats.schema import (
    ADJUSTED_FOR,
    CELL,
    GLOBAL,
    HEMIS,
    LONG,
    SUBJECT_KEY,
    global_measures,
    hemi_of,
    measures,
    regions,
    source_of,
)
from fsstats.schema.groupings import BOTH, DERIVED, derived_units
from fsstats.tables.panel import panel_of, varies_within_run
from fsstats.tables.versions import VERSION_COLUMNS

_SIDES = (*HEMIS, BOTH)
_SCORE = "z"
"""The measure of a composite score, which no region of a file has."""
LABELS = CELL
_LEVELS = (*LABELS, "unit")


def to_wide(table: pd.DataFrame, *, sep: str | None = "_") -> pd.DataFrame:
    r"""Turn the long table into one row per subject, session and stream.

    Parameters
    ----------
    table : DataFrame
        A long table. Columns beyond its own (age, group …) must be constant within
        a row of the result, and are kept in front.
    sep : str or None
        What joins source, hemisphere, region and measure into a column name. With None
        the columns stay five levels (these four and the unit), which `to_long` reverses exactly.

    Returns
    -------
    DataFrame
        subject, session, stream, further columns, and one column of float64 per measure. A value
        that is not in the long table is NaN.

    Raises
    ------
    ColumnsError
        If it is no long table.
    TableError
        If a value occurs twice, or a further column varies within a subject.

    Warns
    -----
    FsstatsWarning
        If what `with_versions` added varies within a subject, and is left out; if values are adjusted for head size and
        their unit does not say so, which a wide table does not say either.

    Notes
    -----
    The hemisphere is left out of a name where the region or header Measure carries it:
    ``aparc_lh_insula_thickness``, ``aseg_Left-Hippocampus_volume``, ``aseg_global_lhCortexVol``.

    Examples
    --------
    >>> from fsstats import parse_stats
    >>> from fsstats.parsers import long_table
    >>> stats = parse_stats("# ColHeaders StructName ThickAvg\ninsula 3.012\n", where="lh.aparc.stats", strict=False)
    >>> to_wide(long_table(stats, subject="sub-01"))
      subject session stream  aparc_lh_insula_thickness
    0  sub-01     NaN  cross                      3.012
    """
    panel = panel_of(table, needed_by="to_wide", leave_out=_varying_marks(table))
    texts = [name for name, one in panel.people.items() if isinstance(one.dtype, pd.CategoricalDtype)]
    who, values, labels = panel.people.astype(dict.fromkeys(texts, "str")), panel.values, panel.cells[list(LABELS)]
    if sep is None:
        return _with_levels(who, values, panel.cells)
    names = [column_name(*parts, sep=sep) for parts in labels.itertuples(index=False, name=None)]
    every = pd.Series([*who.columns, *names], dtype="str")
    repeated = every[every.duplicated()]
    if len(repeated):
        message = f"two columns would be called {repeated.iloc[0]!r}; use another sep, or sep=None"
        raise TableError(message)
    return pd.concat([who, pd.DataFrame(values, columns=names)], axis=1)


def _varying_marks(table: pd.DataFrame) -> list[str]:
    """Name the marks of versions that one row cannot hold, and warn of it."""
    marks = [name for name in VERSION_COLUMNS if name in table.columns and set(SUBJECT_KEY) <= set(table.columns)]
    varying = [name for name in marks if varies_within_run(table, name)]
    if varying:
        warn(f"{' and '.join(varying)} vary within a subject and are left out of the wide table")
    if ADJUSTED_FOR in table.columns and (table[ADJUSTED_FOR].notna() & (table["unit"] != DERIVED["fraction"])).any():
        warn(f"the wide table has no column {ADJUSTED_FOR}, so it does not say which values are adjusted for head size")
    return varying


def _with_levels(who: pd.DataFrame, values: FloatArray, labels: pd.DataFrame) -> pd.DataFrame:
    levels = pd.MultiIndex.from_frame(labels.astype("object").fillna(""), names=_LEVELS)
    wide = pd.DataFrame(values, columns=levels)
    keys = who.set_axis(
        pd.MultiIndex.from_tuples([(name, "", "", "", "") for name in who.columns], names=_LEVELS), axis=1
    )
    return pd.concat([keys, wide], axis=1)


def column_name(source: str, hemi: str | float | None, region: str, measure: str, *, sep: str = "_") -> str:
    """Name the column of one measure of one region.

    Parameters
    ----------
    source, region, measure : str
        As in the long table.
    hemi : str or missing
        Side; left out of the name where region or Measure say it themselves.
    sep : str
        What stands between the parts.

    Returns
    -------
    str
        The column's name.

    Examples
    --------
    >>> column_name("aparc", "lh", "insula", "thickness"), column_name("aseg", "lh", "Left-Amygdala", "volume")
    ('aparc_lh_insula_thickness', 'aseg_Left-Amygdala_volume')
    """
    side = hemi if isinstance(hemi, str) and hemi != _side_said(region, measure) else None
    return sep.join(part for part in (source, side, region, measure) if part)


def _side_said(region: str, measure: str) -> str | None:
    if region != GLOBAL:
        return hemi_of(region)
    known = global_measures().get(measure)
    return known.hemi if known else hemi_of(measure)


def to_long(wide: pd.DataFrame, *, sep: str = "_") -> pd.DataFrame:
    """Turn one row per subject back into the long table.

    Parameters
    ----------
    wide : DataFrame
        A table made by `to_wide`.
    sep : str
        What joins the parts of the column names; not needed for columns of five levels.

    Returns
    -------
    DataFrame
        The long table, column by column, the subjects in order within each. Missing values stay, as NaN. From plain
        column names the unit is the schema's; it is missing where only the files knew it (intensities).

    Raises
    ------
    ColumnsError
        If subject, session or stream are missing.
    TableError
        If no column's name can be taken apart, or one in several ways.

    Notes
    -----
    Columns whose names end in no measure (age, group …) are kept behind the long table's own.

    Examples
    --------
    >>> wide = pd.DataFrame(
    ...     {"subject": ["a"], "session": [None], "stream": ["cross"], "aparc_lh_insula_area": [2200.0]}
    ... )
    >>> to_long(wide)[["source", "hemi", "region", "measure", "value", "unit"]]
      source hemi  region measure   value  unit
    0  aparc   lh  insula    area  2200.0  mm^2
    """
    flat = _one_level(wide)
    require(flat, SUBJECT_KEY, needed_by="to_long")
    others = [name for name in flat.columns if name not in SUBJECT_KEY]
    found = {name: _labels(name, sep) for name in others}
    parts = {name: part for name, part in found.items() if part is not None}
    if not parts:
        message = f"no column is called as to_wide does it (source{sep}hemi{sep}region{sep}measure)"
        raise TableError(message)
    further = [name for name in others if name not in parts]
    people = {name: np.tile(flat[name].to_numpy(), len(parts)) for name in (*SUBJECT_KEY, *further)}
    labels = pd.DataFrame(list(parts.values()), columns=list(_LEVELS)).replace("", None)
    labels = labels.loc[labels.index.repeat(len(flat))].reset_index(drop=True)
    values = flat[list(parts)].to_numpy(dtype=np.float64).T.ravel()
    table = pd.DataFrame(people).join(labels).assign(value=values)[[*LONG, *further]]
    return table.assign(**{name: to_category(table[name]) for name in LONG if name != "value"})


def _labels(name: object, sep: str) -> "tuple[str | None, ...] | None":
    """Give source, hemisphere, region, measure and unit of a column; None if it measures nothing."""
    return name if isinstance(name, tuple) else split_name(str(name), sep=sep)


def _one_level(wide: pd.DataFrame) -> pd.DataFrame:
    """Give the columns of a five-level table that measure nothing their plain names; the others stay tuples."""
    if not isinstance(wide.columns, pd.MultiIndex):
        return wide
    names: list[object] = [name if name[LABELS.index("measure")] else name[0] for name in wide.columns]
    flat = wide.copy(deep=False)
    flat.columns = pd.Index(names, tupleize_cols=False)
    return flat


def split_name(name: str, *, sep: str = "_") -> tuple[str, str | None, str, str, str | None] | None:
    """Take a column name of `to_wide` apart.

    Parameters
    ----------
    name : str
        The column's name.
    sep : str
        What stands between its parts.

    Returns
    -------
    tuple or None
        source, hemi, region, measure, unit; None if it is not such a name.

    Raises
    ------
    TableError
        If it ends in a measure, but where the source ends cannot be told.

    Examples
    --------
    >>> split_name("BA_exvivo_rh_V1_exvivo_thickness_std")
    ('BA_exvivo', 'rh', 'V1_exvivo', 'thickness_std', 'mm')
    >>> split_name("aseg_global_eTIV"), split_name("age")
    (('aseg', None, 'global', 'eTIV', 'mm^3'), None)
    """
    place, found, field = name.partition(f"{sep}{GLOBAL}{sep}")
    if found:
        return _split_global(*_split_side(place, sep), field)
    units = _units() | ({_SCORE: DERIVED[_SCORE]} if f"{sep}{BOTH}{sep}" in name else {})
    measure = next((m for m in sorted(units, key=len, reverse=True) if name.endswith(f"{sep}{m}")), None)
    place = name.removesuffix(f"{sep}{measure}")
    if measure is None or sep not in place:
        return None
    split = _split_region(place, sep)
    if split is None:
        message = (
            f"cannot tell source from region in the column name {name!r}; "
            "rename it if it is no measure, or use to_wide(table, sep=None)"
        )
        raise TableError(message)
    return *split, measure, units[measure] or None


def _split_global(source: str, hemi: str | None, field: str) -> tuple[str, str | None, str, str, str | None] | None:
    known = global_measures().get(field)
    if known is None and source_of(source) is None:
        return None
    stem, _, word = field.partition("_")
    origin = global_measures().get(stem)
    unit = known.unit if known else derived_units(origin.unit if origin else "").get(word)
    return source, hemi or _side_said(GLOBAL, field), GLOBAL, field, unit


def _split_side(place: str, sep: str) -> tuple[str, str | None]:
    head, _, tail = place.rpartition(sep)
    return (head, tail) if head and tail in _SIDES else (place, None)


def _split_region(place: str, sep: str) -> tuple[str, str | None, str] | None:
    """Part source, side and region where the side is named, or where source or region are known for sure."""
    splits = [(place[:i], place[i + len(sep) :]) for i in range(1, len(place)) if place.startswith(sep, i)]
    splits.sort(key=lambda split: source_of(split[0]) is None)  # known sources first, else from the left
    for source, region in splits:
        for hemi in _SIDES:
            if region.startswith(f"{hemi}{sep}"):
                return source, hemi, region.removeprefix(f"{hemi}{sep}")
        if hemi_of(region) or region in _region_names():
            return source, hemi_of(region), region
    source, region = splits[0]
    return (source, None, region) if source_of(source) and len(splits) == 1 else None


def _units() -> dict[str, str]:
    """Give the unit of every measure, and of what is computed from it."""
    plain = {name: measure.unit for name, measure in measures().items()}
    return plain | {f"{name}_{word}": unit for name in plain for word, unit in derived_units(plain[name]).items()}


@cache
def _region_names() -> frozenset[str]:
    return frozenset(region.name for region in regions())
