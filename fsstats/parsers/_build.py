"""Make a `StatsFile` of what a parser without ``#`` header found."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from fsstats.parsers._header import MeasureLine, Remark
from fsstats.parsers.statsfile import StatsFile
from fsstats.schema import Identity, identify


def stats_file(
    where: str,
    *,
    names: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    numbers: npt.ArrayLike = (),
    measures: Sequence[MeasureLine] = (),
    header: Mapping[str, str] | None = None,
    remarks: Sequence[Remark] = (),
    source: str | None = None,
    hemi: str | None = None,
) -> StatsFile:
    """Put names, numbers and Measures together; source and side are the file name's unless given.

    Parameters
    ----------
    where : str
        The file's path.
    names : sequence of str
        Structures, one a row.
    columns : mapping of str to str
        Column (as in ``ColHeaders`` lines: ``Volume_mm3``, ``NVoxels`` …, or a name of the format's own) to
        its unit, '' where the schema knows it.
    numbers : array-like, shape (n_rows, n_columns)
        The numbers; NaN where the file has none.
    measures : sequence of MeasureLine
        Totals and other quantities of the whole brain or hemisphere: they get region ``global``.
    header : mapping, optional
        What else the file says.
    remarks : sequence of Remark
        What is not as it should be.
    source, hemi : str, optional
        Instead of what the file's name says.

    Returns
    -------
    StatsFile
        Remarks are in order: losses first, then by line.
    """
    columns = columns or {}
    said = identify(where) or Identity("")
    return StatsFile(
        where=where,
        source=source or said.source or None,
        hemi=hemi or said.hemi,
        header=dict(header or {}),
        measure_lines=tuple(measures),
        columns=tuple(columns),
        units=tuple(columns.values()),
        names=tuple(names),
        numbers=np.asarray(numbers, dtype=np.float64).reshape(len(names), len(columns)),
        remarks=in_order(remarks),
    )


def in_order(remarks: Sequence[Remark]) -> tuple[Remark, ...]:
    """Sort remarks: losses first, then by line, those of the whole file last."""
    return tuple(sorted(remarks, key=lambda remark: (not remark.loss, remark.line is None, remark.line or 0)))


def measure(field: str, value: float, unit: str, *, key: str = "", description: str = "") -> MeasureLine:
    """Make the Measure of a quantity that is not of one structure."""
    return MeasureLine(key or field, field, description, value, unit)
