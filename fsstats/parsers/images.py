"""Label images, tissue maps and masks: volumes counted from the voxels, as ``fslstats -V`` prints them.

The kind of an image is its file name's; the voxels do not tell it. FSL's programs are described in its source:
https://git.fmrib.ox.ac.uk/fsl/avwutils (``fslstats.cc``) and https://git.fmrib.ox.ac.uk/fsl/first (``run_first_all``).
"""

import re
from collections.abc import Mapping, Sequence
from math import inf, nan
from typing import Final, NamedTuple

import numpy as np

from fsstats.errors import StatsFormatError, wording
from fsstats.parsers._build import stats_file
from fsstats.parsers._header import Remark
from fsstats.parsers.formats import Format
from fsstats.parsers.labels import count_labels
from fsstats.parsers.nifti import Image, is_image, join_pair, read_image
from fsstats.parsers.statsfile import StatsFile
from fsstats.schema import Region, identify, kind_of, regions

__all__ = ["FORMATS", "join_pair"]

BOUNDARY: Final = 100
"""What FIRST adds to a structure's label where the structure's surface cuts through the voxel."""
_COLUMNS: Final = {"SegId": "", "NVoxels": "", "Volume_mm3": ""}
_NOT_T1: Final = re.compile(r"(?:^|_)(?:T2|PD)w?(?:_|$)")
_SLACK: Final = 0.1
"""How far outside 0 to 1 a fraction may be, for maps that were resampled."""


class _Due(NamedTuple):
    """What a file of this name has in it."""

    regions: tuple[Region, ...]
    all_of_them: bool
    has_atlas: bool


def _due(where: str) -> _Due:
    """Give the structures of the file's atlas, or the one that its name says."""
    said, known = identify(where), kind_of(where)
    if said is None or known is None or known.atlas is None:
        return _Due((), all_of_them=False, has_atlas=False)
    inside = tuple(one for one in regions() if one.atlas == known.atlas and one.printed and one.segid is not None)
    if said.part is not None:
        inside = tuple(one for one in inside if said.part in (one.name, *one.aliases))
    return _Due(inside, all_of_them=known.complete or said.part is not None, has_atlas=True)


def _refuse(data: bytes, where: str) -> StatsFile:
    """Refuse an image of which the name does not say what it is."""
    read_image(data, where)
    hint = "If it holds labels, segstats counts them"
    found = "an image whose name says no kind that is read"
    raise StatsFormatError.at(where, expected="FIRST's, FAST's or BET's output", found=found, hint=hint)


def _parse_labels(data: bytes, where: str) -> StatsFile:
    """Count the voxels of each structure."""
    image = _image(data, where)
    counts, due = count_labels(image), _due(where)
    _require_some(sum(counts.values()), where)
    named = _named(counts, due)
    remarks = _check(counts, due)
    rows = [(segid, counts.get(segid, nan), counts.get(segid, nan) * image.voxel_volume) for segid in named]
    return _file(image, list(named.values()), _COLUMNS, rows, remarks)


def _parse_boundary_labels(data: bytes, where: str) -> StatsFile:
    """Count the voxels of each structure where those that its surface cuts have labels of their own."""
    image = _image(data, where, frames=True)
    frames = [count_labels(image.frame(number)) for number in range(image.n_frames)]
    _require_some(sum(sum(frame.values()) for frame in frames), where)
    due = _due(where)
    whole, edge, remarks = _with_boundary(frames, due)
    named = _named(whole, due)
    rows = [
        (segid, whole.get(segid, nan), whole.get(segid, nan) * image.voxel_volume, edge.get(segid, nan))
        for segid in named
    ]
    columns = {**_COLUMNS, "NVoxels_boundary": ""}
    return _file(image, list(named.values()), columns, rows, [*remarks, *_check(whole, due)])


def _with_boundary(
    frames: Sequence[Mapping[int, int]], due: _Due
) -> tuple[dict[int, int], dict[int, int], list[Remark]]:
    """Add boundary to interior; a structure in two frames cannot be, so neither is used."""
    known = {one.segid for one in due.regions}
    whole: dict[int, int] = {}
    edge: dict[int, int] = {}
    twice = set()
    for frame in frames:
        of_frame = {label - BOUNDARY if label - BOUNDARY in known else label for label in frame}
        twice |= of_frame & whole.keys()
        for label in of_frame:
            at_edge = frame.get(label + BOUNDARY, 0)
            whole[label], edge[label] = frame.get(label, 0) + at_edge, at_edge
    for label in twice:
        del whole[label], edge[label]
    names = ", ".join(map(str, sorted(twice)))
    text = wording(expected="each structure in one volume", found=f"labels {names} in several. None of them is used")
    return whole, edge, [Remark(None, text)] if twice else []


def _parse_fractions(data: bytes, where: str) -> StatsFile:
    """Add up a tissue's share of every voxel: ``fslstats -m -v``, mean times volume."""
    image = _image(data, where)
    n, total, least, greatest = _sums(image)
    _require_some(n, where)
    if least < -_SLACK or greatest > 1 + _SLACK:
        raise StatsFormatError.at(where, expected="fractions from 0 to 1", found=f"{least:g} to {greatest:g}")
    remarks = [_outside(least, greatest)] if least < 0 or greatest > 1 else []
    name, segid = _only_region(where)
    return _file(image, [name], _COLUMNS, [(segid, n, total * image.voxel_volume)], remarks)


def _parse_mask(data: bytes, where: str) -> StatsFile:
    """Count the voxels that are not 0."""
    image = _image(data, where)
    n, total, least, greatest = _sums(image)
    _require_some(n, where)
    remarks = [] if total == n and (least, greatest) in ((0, 1), (1, 1)) else [_outside(least, greatest)]
    name, segid = _only_region(where)
    return _file(image, [name], _COLUMNS, [(segid, n, n * image.voxel_volume)], remarks)


def _image(data: bytes, where: str, *, frames: bool = False) -> Image:
    _require_t1(where)
    image = read_image(data, where)
    if image.n_frames > 1 and not frames:
        raise StatsFormatError.at(where, expected="one volume", found=f"{image.n_frames} of them")
    return image


def _require_t1(where: str) -> None:
    """Raise for FAST's classes of another contrast, of which the order is not known."""
    said, known = identify(where), kind_of(where)
    if said is not None and known is not None and known.atlas == "fast" and _NOT_T1.search(said.prefix):
        hint = "The order of the classes of others is not known; segstats counts them"
        found = "another contrast (by its name)"
        raise StatsFormatError.at(where, expected="FAST of a T1-weighted image", found=found, hint=hint)


def _require_some(n: int, where: str) -> None:
    if not n:
        hint = "The program found nothing, which is no volume of 0"
        raise StatsFormatError.at(where, expected="voxels that are not 0", found="none", hint=hint, status="empty")


def _sums(image: Image) -> tuple[int, float, float, float]:
    """Give the number of voxels that are not 0, and the sum, minimum and maximum of all."""
    n, total, least, greatest = 0, 0.0, inf, -inf
    for chunk in image.chunks():
        n += int(np.count_nonzero(chunk))
        with np.errstate(all="ignore"):
            total += float(np.sum(chunk, dtype=np.float64))
        least, greatest = min(least, float(np.min(chunk))), max(greatest, float(np.max(chunk)))
        if not np.isfinite(total):
            raise StatsFormatError.at(image.where, expected="numbers", found="voxels that are NaN or infinite")
    return n, total, least, greatest


def _outside(least: float, greatest: float) -> Remark:
    text = wording(expected="values 0 and 1, or between them", found=f"{least:g} to {greatest:g}; all of it was used")
    return Remark(None, text, loss=False)


def _only_region(where: str) -> tuple[str, float]:
    """Name the one region of a map or mask: its atlas says which, else the kind of file is its name."""
    due = _due(where).regions
    said = identify(where)
    if len(due) == 1:
        return due[0].name, nan if due[0].segid is None else due[0].segid
    return (said.part or said.source, nan) if said else ("mask", nan)


def _named(counts: Mapping[int, int], due: _Due) -> dict[int, str]:
    """Give id and name of every row: what is due, in the order of the atlas; without an atlas what is there."""
    if not due.has_atlas:
        return {label: f"Seg{label:04d}" for label in counts}
    known = {one.segid: one.name for one in due.regions if one.segid is not None}
    return {segid: name for segid, name in known.items() if due.all_of_them or segid in counts}


def _check(counts: Mapping[int, int], due: _Due) -> list[Remark]:
    """Name structures without a voxel, and labels that are no structure."""
    remarks = []
    if not due.has_atlas:
        return []
    absent = [f"{one.name} ({one.segid})" for one in due.regions if one.segid not in counts]
    if absent and due.all_of_them:
        found = f"{len(due.regions) - len(absent)}; without {', '.join(absent)}"
        hint = "The program failed there or was not asked for them: they are missing, not 0"
        remarks.append(Remark(None, wording(expected=f"{len(due.regions)} structure(s)", found=found, hint=hint)))
    known = {one.segid for one in due.regions}
    strange = [f"{label} ({n} voxels)" for label, n in counts.items() if label not in known]
    if strange:
        shown = ", ".join(strange[:10]) + (f" and {len(strange) - 10} more" if len(strange) > 10 else "")
        text = wording(expected="only labels of the structures", found=f"{shown}. They are not used")
        remarks.append(Remark(None, text))
    return remarks


def _file(
    image: Image,
    names: Sequence[str],
    columns: Mapping[str, str],
    rows: Sequence[tuple[float, ...]],
    remarks: Sequence[Remark],
) -> StatsFile:
    """Put the counted rows together; ids are left out where a row has none."""
    numbers = np.array(rows, dtype=np.float64).reshape(len(rows), len(columns))
    if np.isnan(numbers[:, 0]).any():
        columns, numbers = {name: unit for name, unit in columns.items() if name != "SegId"}, numbers[:, 1:]
    header = {
        "VoxelVolume_mm3": f"{image.voxel_volume:.9g}",
        "Dimensions": " ".join(map(str, image.stored.shape)),
    }
    remarks = [*remarks, *image.remarks]
    return stats_file(image.where, names=names, columns=columns, numbers=numbers, header=header, remarks=remarks)


def _recognises(head: bytes, _where: str) -> bool:
    return is_image(head)


FORMATS: tuple[Format, ...] = (
    Format("image", _recognises, _refuse),
    Format("labels", _recognises, _parse_labels),
    Format("boundary labels", _recognises, _parse_boundary_labels),
    Format("fractions", _recognises, _parse_fractions),
    Format("mask", _recognises, _parse_mask),
)
