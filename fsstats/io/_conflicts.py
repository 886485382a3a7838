"""Files that contradict each other: two for one place, copies under another name, regions that only one lacks."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from math import isclose
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from fsstats.errors import wording
from fsstats.io._batch import KIND, PLACE, Batch
from fsstats.io._cells import once_each, overlapping
from fsstats.io._reading import Reading, content_of, digest_of, text_of
from fsstats.schema import SUBJECT_KEY
from fsstats.tables.problems import THE_SAME

_NOTHING: Mapping[int, str] = MappingProxyType({})


def settle(batch: Batch, refused: Mapping[int, str] = _NOTHING) -> None:
    """Refuse what cannot be true of the files of one subject, and say so in their rows; the order stays.

    Only files that may contradict each other are looked at one by one; that there are none shows at a glance.

    Parameters
    ----------
    batch : Batch
        All files of some subjects.
    refused : mapping of int to str
        Files that turned out to be another subject's, by position, and what is wrong with each.
    """
    for suspects, rule in ((_of_one_place, _same_place), (_of_equal_values, _both_sides)):
        at = suspects(batch)
        for k, reading in rule([batch.reading(i) for i in at]).items():
            batch.settle(at[k], reading)
    for i, problem in refused.items():
        batch.settle(i, batch.reading(i).refused("conflict", problem))
    for at in overlapping(batch):
        before = [batch.reading(i) for i in at]
        for i, old, new in zip(at, before, once_each(before), strict=True):
            if new.record != old.record or sum(map(len, new.blocks)) != sum(map(len, old.blocks)):
                batch.settle(i, new)


def _of_one_place(batch: Batch) -> list[int]:
    places = list(zip(*(batch.columns[name] for name in PLACE), strict=True))
    if len(set(places)) == len(places):
        return []
    counts = Counter(places)
    return [i for i, place in enumerate(places) if counts[place] > 1]


def _of_equal_values(batch: Batch) -> list[int]:
    return equal_ones(batch.fingerprints())


def equal_ones(fingerprints: npt.NDArray[np.uint64]) -> list[int]:
    """Give the positions of files with values that share their fingerprint with another."""
    _, which, counts = np.unique(fingerprints, return_inverse=True, return_counts=True)
    found: list[int] = np.flatnonzero((counts[which] > 1) & (fingerprints != 0)).tolist()
    return found


def _groups(readings: Sequence[Reading], key: Callable[[Reading], Hashable]) -> list[list[int]]:
    """Give the positions of readings with values that share a key, where there is more than one."""
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for index, reading in enumerate(readings):
        if reading.block is not None:
            groups[key(reading)].append(index)
    return [group for group in groups.values() if len(group) > 1]


def _cells(reading: Reading, columns: Sequence[str]) -> tuple[str | None, ...]:
    return tuple(text_of(reading.record[column]) for column in columns)


def _digest(reading: Reading) -> bytes:
    """Give the check sum of a file; one that was read with others is opened again, as few are asked for."""
    return reading.digest or digest_of(content_of(_path(reading)))


def _path(reading: Reading) -> str:
    return str(reading.record["path"])


def _same_place(readings: Sequence[Reading]) -> dict[int, Reading]:
    """Of several files for one place keep one if they are equal, and none if they differ."""
    changed: dict[int, Reading] = {}
    for group in _groups(readings, lambda reading: _cells(reading, PLACE)):
        paths = [_path(readings[i]) for i in group]
        how = _alike([readings[i] for i in group])
        if how:
            changed |= {i: readings[i].refused("skipped", THE_SAME.format(how=how) + paths[0]) for i in group[1:]}
            continue
        text = wording(expected="one file of this subject and kind", found=f"several that differ: {', '.join(paths)}")
        hint = "None of them is used: read the folders apart, and tell them by a column of your own"
        changed |= {i: readings[i].refused("conflict", f"{text}. {hint}") for i in group}
    return changed


def _alike(readings: Sequence[Reading]) -> str:
    """Say how files are the same: in every byte, or in every value (a text and its .stats twin); '' if they are not."""
    if len({_digest(reading) for reading in readings}) == 1:
        return "byte for byte"
    first, *others = (_values(reading) for reading in readings)
    same = all(
        first.keys() == other.keys() and all(isclose(first[at], other[at], rel_tol=1e-6) for at in first)
        for other in others
    )
    return "value for value" if same else ""


def _values(reading: Reading) -> dict[tuple[str | None, ...], float]:
    block = reading.block
    if block is None:
        return {}
    labels = zip(block.layout.hemi, block.layout.region, block.layout.measure, strict=True)
    return {label: value for label, value in zip(labels, block.values.tolist(), strict=True) if value == value}  # noqa: PLR0124


def _both_sides(readings: Sequence[Reading]) -> dict[int, Reading]:
    """Refuse the same bytes as left and as right: one was copied over the other, and nothing says which."""
    changed: dict[int, Reading] = {}
    kind = (*SUBJECT_KEY, "source", "part")
    for group in _groups(readings, lambda reading: (_cells(reading, kind), _digest(reading))):
        if len({readings[i].record["hemi"] for i in group}) > 1:
            text = wording(expected="a left and a right side that differ", found="the same, byte for byte")
            changed |= {i: readings[i].refused("conflict", f"{text}. Neither is used") for i in group}
    return changed


def copies(readings: Sequence[Reading]) -> dict[int, Reading]:
    """Refuse the same bytes under several subjects, but for the one that the header names."""
    changed = {}
    for group in _groups(readings, lambda reading: (_cells(reading, KIND), _digest(reading))):
        rightful = [i for i in group if readings[i].record["subject_in_file"] == readings[i].record["directory"]]
        for i in group:
            if rightful == [i]:
                continue
            others = ", ".join(_path(readings[j]) for j in (rightful or group) if j != i)
            text = wording(expected="a file of its own", found=f"the same, byte for byte, as {others}")
            changed[i] = readings[i].refused("conflict", f"{text}. It is not used")
    return changed
