"""What stands for 'no value' in a group table, and in which unit the values really are."""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from fsstats._frames import FloatArray
from fsstats.errors import wording
from fsstats.parsers._header import Remark
from fsstats.parsers.grouptables.columns import Label
from fsstats.parsers.long import UNKNOWN_UNIT
from fsstats.schema import GLOBAL, global_measures

_MAY_BE_EMPTY: Final = re.compile(
    r"hypointensities|vessel|^5th-|^CC_|choroid|Inf-Lat-Vent|Optic-Chiasm|Lesion|[Uu]n(known|used|segmented)|Holes|Hypo"
)
"""Structures that a healthy brain may lack, and so truly have no volume."""
_NEVER_ZERO: Final = frozenset(
    {
        "area",
        "volume",
        "thickness",
        "thickness.T1",
        "thickness_std",
        "mean_curvature",
        "gaussian_curvature",
        "n_vertices",
    }
)
"""Measures of a cortical region that has a vertex; a folding index may be 0."""
_INTENSITIES: Final = re.compile(r"(intensity|contrast)_(mean|std|max|snr)")
_SIZES: Final = frozenset({"volume", "n_voxels", "area"})
_SIGNED: Final = re.compile(r"zqa_score|contrast_.*|intensity_.*|gaussian_curvature|mean_curvature")
_HEAD_SIZES: Final = ("eTIV", "sTIV", "ICV")
_NOT_PER_CENT: Final = frozenset(
    {"lhSurfaceHoles", "rhSurfaceHoles", "SurfaceHoles", "BrainSegVol-to-eTIV", "MaskVol-to-eTIV"}
)
"""What ``--etiv`` leaves as it is."""
_LEAST_HEAD, _GREATEST_HEAD = 2.5e5, 4e6
"""Intracranial volumes in mm^3, newborns and giants included."""


def without_fills(
    values: FloatArray, labels: Sequence[Label], subjects: Sequence[str], fill: str
) -> tuple[FloatArray, list[Remark]]:
    """Make missing what a table holds in place of a value that is not there.

    Parameters
    ----------
    values : ndarray, shape (n_subjects, n_values)
        As printed.
    labels : sequence of Label
        One a column.
    subjects : sequence of str
        One a row.
    fill : {"", "measures", "all"}
        Whether the tool prints 0 for a header Measure, or for any structure, that is missing.

    Returns
    -------
    values : ndarray
        With NaN for zeros that cannot be true, and for negative and infinite sizes.
    remarks : list of Remark
        How many, and which zeros may be true.
    """
    never = np.array([_cannot_be_zero(label, fill) for label in labels], dtype=bool)
    doubtful = np.array([_should_not_be_zero(label) for label in labels], dtype=bool) & ~never
    unsigned = np.array([_SIGNED.fullmatch(label.measure) is None for label in labels], dtype=bool)
    snr = np.array([label.measure.endswith("_snr") for label in labels], dtype=bool)
    negative, zero = ((values < 0) & unsigned) | (np.isinf(values) & ~snr), values == 0
    runs = np.array([".long." in subject for subject in subjects], dtype=bool)
    holes = np.array([label.measure.endswith("SurfaceHoles") for label in labels], dtype=bool)
    fills = zero & (never | (runs[:, None] & holes))
    remarks = [
        *_counted(fills, labels, subjects, "printed as 0, which stands for no value; taken as missing", loss=False),
        *_counted(zero & doubtful, labels, subjects, "0, which may be true or stand for no value; kept", loss=False),
        *_counted(negative, labels, subjects, "negative or infinite, which cannot be; taken as missing", loss=True),
    ]
    return np.where(fills | negative, np.nan, values), remarks


def _cannot_be_zero(label: Label, fill: str) -> bool:
    """Say whether 0 can only be the tool's mark for a missing value."""
    if label.region == GLOBAL:
        known = global_measures().get(label.measure)
        if known is None or known.zero_is_missing:
            return known is not None
        return bool(fill) and known.unit.startswith("mm") and not _MAY_BE_EMPTY.search(label.measure)
    if _INTENSITIES.fullmatch(label.measure):
        return True
    cortical = label.hemi is not None and label.segid is None and label.source.startswith(("aparc", "BA", "w-g"))
    return (cortical or fill == "all") and label.measure in _NEVER_ZERO


def _should_not_be_zero(label: Label) -> bool:
    named = label.region if label.region != GLOBAL else label.measure
    countable = label.measure in _SIZES or label.measure in {"folding_index", "curvature_index"}
    return countable and not _MAY_BE_EMPTY.search(named)


def _counted(
    found: npt.NDArray[np.bool_],
    labels: Sequence[Label],
    subjects: Sequence[str],
    what: str,
    *,
    loss: bool,
) -> list[Remark]:
    """Say how many cells are concerned, with the first of them."""
    n = int(found.sum())
    if not n:
        return []
    row, column = (int(place[0]) for place in np.nonzero(found))
    values = "1 value is" if n == 1 else f"{n} values are"
    return [Remark(None, f"{values} {what} (first: {labels[column].name} of {subjects[row]})", loss=loss)]


def true_units(labels: Sequence[Label], values: FloatArray) -> tuple[list[Label], list[Remark]]:
    """Give labels their true units: ``--etiv`` turns a table into per cent and says so nowhere."""
    remarks: list[Remark] = []
    units = {label: label.unit for label in labels}
    for source in dict.fromkeys(label.source for label in labels):
        for label, column in zip(labels, values.T, strict=True):
            if label.source != source or label.measure not in _HEAD_SIZES:
                continue
            finite = column[np.isfinite(column)]
            if not len(finite):
                continue
            new, remark = _unit_by(label.measure, finite)
            if remark is not None:
                remarks.append(remark)
                units |= {one: new for one in labels if one.source == source and _changes(one, new)}
                break
    return [label._replace(unit=units[label]) for label in labels], remarks


def _unit_by(field: str, sizes: FloatArray) -> tuple[str, Remark | None]:
    """Tell the unit of a table by its intracranial volumes, if it is not mm^3."""
    if (np.abs(sizes - 100) < 1e-3).all():
        text = f"{field} is 100 in every row, so the values are per cent of {field} (--etiv); the unit is percent"
        return "percent", Remark(None, text, loss=False)
    middle = float(np.median(sizes))
    if _LEAST_HEAD <= middle <= _GREATEST_HEAD:
        return "", None
    found = f"a median of {middle:g}"
    hint = "Another unit, or --scale; the unit of sizes is given as unknown"
    return UNKNOWN_UNIT, Remark(None, wording(expected=f"{field} in mm^3", found=found, hint=hint))


def _changes(label: Label, unit: str) -> bool:
    """Say whether a value is one of those that were divided, or whose size is in doubt."""
    if unit == UNKNOWN_UNIT:
        return label.unit.startswith("mm")
    return label.measure not in _NOT_PER_CENT
