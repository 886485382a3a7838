"""Make a `StatsFile` of what a parser without ``#`` header found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import isfinite, nan
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fsstats.errors import StatsFormatError, wording
from fsstats.parsers._header import MeasureLine, Remark
from fsstats.parsers.statsfile import StatsFile
from fsstats.schema import Identity, contradicts_id, global_measures, identify, source_of

_FREESURFERS_IDS: Final = ("gtm", "samseg.fs", "wmhsynthseg")
"""Formats whose ids are those of FreeSurfer's colour table."""


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


def of_kind(kind: str, where: str, *, source: str = "", **parts: Any) -> StatsFile:
    """Make a `StatsFile` of content that its parser is sure of.

    The name says what the source is called only if it is of a kind that this parser reads; a name that is of
    another kind contradicts the content.

    Parameters
    ----------
    kind : str
        The parser's format.
    where : str
        The file's path.
    source : str
        What the source is called where the name does not say it; as the format if not given.
    **parts
        Everything else, for `stats_file`.

    Returns
    -------
    StatsFile
        With a side only where `parts` give one.

    Raises
    ------
    StatsFormatError
        If the name is that of another kind of file.
    """
    said, source = identify(where), source or kind
    known = source_of(said.source) if said else None
    own = known is not None and known.format == kind
    if said and known and not own and said.source != source:
        found = f"what {source} files hold"
        raise StatsFormatError.at(where, expected=f"{said.source} (its name)", found=found, status="conflict")
    name = said.source if said and own else source
    stats = stats_file(where, source=name, **parts)
    if kind in _FREESURFERS_IDS:
        _require_own_ids(stats)
    return replace(stats, hemi=parts.get("hemi"))


def _require_own_ids(stats: StatsFile) -> None:
    """Raise if an id is another structure's, or of the other side: then names or numbers changed places."""
    segids = stats.column("SegId")
    for name, number in zip(stats.names, [] if segids is None else segids.tolist(), strict=False):
        if contradicts_id(name, int(number)):
            found = f"id {int(number)} beside the name {name!r}"
            raise StatsFormatError.at(stats.where, expected="names with their own ids", found=found, status="conflict")


def total(field: str, value: float, remarks: list[Remark], *, key: str = "", unit: str = "mm^3") -> MeasureLine:
    """Make the Measure of a total; a 0 that says 'no value' becomes missing."""
    known = global_measures().get(field)
    if known and known.zero_is_missing and value == 0:
        remarks.append(Remark(None, f"{field} is printed as 0, which cannot be; taken as missing"))
        value = nan
    return measure(field, value, unit, key=key)


def check_sum(name: str, whole: float, parts: Iterable[float], *, relative: float, absolute: float) -> list[Remark]:
    """Say that a total is not what its parts add up to; nothing where a number is missing."""
    added = sum(parts)
    off = abs(whole - added)
    if not isfinite(off) or off <= absolute + relative * abs(whole):
        return []
    found, hint = f"parts that add up to {added:.10g}", "A column may be lost or edited"
    return [Remark(None, wording(expected=f"{name} of {whole:.10g}", found=found, hint=hint))]
