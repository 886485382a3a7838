"""ENIGMA's three tables: volumes, thickness and surface area, as the protocol's scripts read them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import plain_rows, require
from fsstats.errors import TableError, UnknownNameError, warn
from fsstats.schema import FILES, GLOBAL, HEMIS, LONG, SUBJECT_KEY, printed_regions
from fsstats.schema._data import read_tsv
from fsstats.tables._alike import Person, folders_of, run_names

_Place = tuple[str, str | None, str, str]
"""Source, side, region and measure."""
VOLUMES: Final = "LandRvolumes"
THICKNESS: Final = "CorticalMeasuresENIGMA_ThickAvg"
AREA: Final = "CorticalMeasuresENIGMA_SurfAvg"
SUBJECT: Final = "SubjID"
VERSION: Final = "Freesurfer_Version"
_ICV: Final = "ICV"
_MISSING: Final = "NA"
_CORTICAL: Final = ("aparc", "aparc.DKTatlas.mapped")
_SUBCORTICAL: Final = ("aseg", "aseg+DKT", "first")
_NOT_DESIKAN: Final = (
    "the cortex is of {source}, whose regions are not those of the Desikan-Killiany atlas: do not pool them with it"
)


def enigma_tables(
    table: pd.DataFrame,
    *,
    files: pd.DataFrame | None = None,
    subcortical: str | None = None,
    cortical: str | None = None,
) -> dict[str, pd.DataFrame]:
    """Arrange a long table as the three CSV files of ENIGMA's FreeSurfer protocol.

    Parameters
    ----------
    table : DataFrame
        A long table with volumes of aseg, thickness and area of aparc, and their Measures.
    files : DataFrame, optional
        The files table of the same cohort: it tells how the subjects' folders are called, and adds the column
        ``Freesurfer_Version``.
    subcortical : str, optional
        Where the volumes are from: aseg, ``aseg+DKT`` of FastSurfer, or first. By default the first of these that the
        table has.
    cortical : str, optional
        Where thickness and area are from: aparc, or by default ``aparc.DKTatlas.mapped`` of FastSurfer if there is
        no aparc.

    Returns
    -------
    dict of DataFrame
        ``LandRvolumes``, ``CorticalMeasuresENIGMA_ThickAvg`` and ``CorticalMeasuresENIGMA_SurfAvg``, a row a run; NaN
        where there is no value. Templates of longitudinal runs (``base``) are no scans and left out.

    Raises
    ------
    ColumnsError
        If it is no long table, or `files` no files table.
    UnknownNameError
        If the table has no such source.
    TableError
        If a value occurs twice.

    Warns
    -----
        If the cortex is parcellated by the DKT atlas, which has other borders and lacks three regions; or if a scan has
        rows of both streams.

    Notes
    -----
    ICV is eTIV of aseg (up to FreeSurfer 5.1 called ICV), also with volumes of FIRST; never sTIV.

    Examples
    --------
    >>> import tempfile
    >>> from fsstats import load
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = load(make_cohort(folder, n_subjects=2, seed=1).root, sources=["aseg", "aparc"])
    >>> enigma_tables(table)["LandRvolumes"].iloc[:, [0, 1, 2, -1]]
        SubjID  LLatVent  RLatVent           ICV
    0  sub-001   12572.5    9557.2  1.629653e+06
    1  sub-002    4633.5    3979.5  1.361159e+06
    """
    require(table, LONG, needed_by="enigma_tables")
    volumes = _source(table, subcortical, _SUBCORTICAL)
    cortex = _source(table, cortical, _CORTICAL)
    if cortex != "aparc":
        warn(_NOT_DESIKAN.format(source=cortex))
    keys = plain_rows(table.loc[table["stream"] != "base", list(SUBJECT_KEY)].drop_duplicates())
    if files is not None:  # in their order, whatever source comes first in the table
        keys = _in_order_of(files, keys)
    _warn_of_streams(keys)
    if not keys:
        message = "there is no run that is not a template"
        raise TableError(message)
    folders = {} if files is None else folders_of(files)
    names = run_names(keys, folders)
    made = {}
    for name, places in _columns(volumes, cortex).items():
        frame = pd.DataFrame(_values(table, keys, places), columns=list(places))
        frame.insert(0, SUBJECT, pd.Series(names, dtype="str"))
        if files is not None:
            source = volumes if name == VOLUMES else cortex
            frame[VERSION] = _versions(files, keys, source)
        made[name] = frame
    return made


def _in_order_of(files: pd.DataFrame, keys: list[Person]) -> list[Person]:
    require(files, FILES, needed_by="enigma_tables")
    order = {who: i for i, who in enumerate(plain_rows(files[list(SUBJECT_KEY)].drop_duplicates()))}
    return sorted(keys, key=lambda key: order.get(key, len(order)))


def _warn_of_streams(keys: Sequence[Person]) -> None:
    """Warn of runs that are of one scan: the protocol has one row each."""
    both = {(who, session) for who, session, stream in keys if stream == "long"}
    both &= {(who, session) for who, session, stream in keys if stream == "cross"}
    if both:
        warn(f"{len(both)} scans have two rows, of the cross-sectional and of the longitudinal stream; choose one")


def _source(table: pd.DataFrame, wanted: str | None, known: tuple[str, ...]) -> str:
    there = [str(name) for name in table["source"].dropna().unique()]
    if wanted is not None:
        if wanted not in there:
            raise UnknownNameError.among("source", wanted, there)
        return wanted
    return next((name for name in known if name in there), known[0])


@cache
def _named() -> Mapping[str, _Place]:
    """Give what ENIGMA's own names stand for."""
    rows = read_tsv("enigma.tsv")
    return {row["name"]: (row["source"], row["hemi"] or None, row["region"], row["measure"]) for row in rows}


def _columns(volumes: str, cortex: str) -> dict[str, dict[str, tuple[_Place, ...]]]:
    """Give the columns of each table, and where each is looked for, the best place first."""
    totals = {name: ((cortex, *place[1:]),) for name, place in _named().items() if place[0] == "aparc"}
    intracranial = tuple((source, None, GLOBAL, field) for field in ("eTIV", "ICV") for source in ("aseg", volumes))
    icv = {_ICV: tuple(dict.fromkeys(intracranial))}
    subcortical = {
        name: ((volumes, *place[1:]),) for name, place in _named().items() if place[0] == "aseg" and name != _ICV
    }
    made = {VOLUMES: {**subcortical, **icv}}
    for table, measure, ending in ((THICKNESS, "thickness", "thickavg"), (AREA, "area", "surfavg")):
        regions = {
            f"{hemi[0].upper()}_{region}_{ending}": ((cortex, hemi, region, measure),)
            for hemi in HEMIS
            for region in printed_regions("aparc", hemi)
        }
        made[table] = {**regions, **totals, **icv}
    return made


def _values(
    table: pd.DataFrame, keys: Sequence[Person], columns: Mapping[str, tuple[_Place, ...]]
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Look the values up, shape (n_runs, n_columns)."""
    sources = {place[0] for places in columns.values() for place in places}
    measures = {place[3] for places in columns.values() for place in places}
    own = table[table["source"].isin(sources) & table["measure"].isin(measures)]
    names = [*SUBJECT_KEY, "source", "hemi", "region", "measure"]
    if own.duplicated(names).any():
        message = "a value occurs twice; a long table has each once"
        raise TableError(message)
    plain = own[names].astype("object").where(own[names].notna(), None)
    found = dict(zip(plain.itertuples(index=False, name=None), own["value"].tolist(), strict=True))
    rows = [[next(_found(found, key, places), np.nan) for places in columns.values()] for key in keys]
    return np.array(rows, dtype=np.float64).reshape(len(keys), len(columns))


def _found(
    found: Mapping[tuple[object, ...], float], key: tuple[object, ...], places: tuple[_Place, ...]
) -> Iterator[float]:
    yield from (value for place in places if not np.isnan(value := found.get((*key, *place), np.nan)))


def _versions(files: pd.DataFrame, keys: Sequence[Person], source: str) -> pd.Series:
    own = files.loc[(files["source"] == source) & files["version"].notna(), [*SUBJECT_KEY, "version"]]
    plain = own.astype("object").where(own.notna(), None)
    known = {(who[0], who[1], who[2]): who[3] for who in plain.itertuples(index=False, name=None)}
    return pd.Series([known.get(key) for key in keys], dtype="str")


def enigma_text(frame: pd.DataFrame) -> str:
    """Write one of the tables as the protocol does: commas, six significant digits, ICV with six decimals, NA.

    Raises
    ------
    TableError
        If a subject's name holds a comma or a line's end.
    """
    odd = [name for name in frame[SUBJECT] if set(name) & set(',"\r\n')]
    if odd:
        message = f"{odd[0]!r} cannot stand in a table of ENIGMA, which knows no quotes"
        raise TableError(message)
    columns = [_texts(name, frame[name].tolist()) for name in frame.columns]
    lines = [",".join(frame.columns), *(",".join(cells) for cells in zip(*columns, strict=True))]
    return "".join(f"{line}\n" for line in lines)


def _texts(name: str, cells: list[object]) -> list[str]:
    write: Callable[[object], str] = str if name in {SUBJECT, VERSION} else ("{:f}" if name == _ICV else "{:g}").format
    return [_MISSING if pd.isna(cell) else write(cell) for cell in cells]  # type: ignore[call-overload]
