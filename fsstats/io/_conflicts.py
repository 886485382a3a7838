"""Files that contradict each other: two for one place, copies under another name, regions that only one lacks."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from math import isclose

from fsstats.errors import wording
from fsstats.io._cells import once_each, overlapping, some_of
from fsstats.io._reading import Reading, text_of
from fsstats.parsers import Layout
from fsstats.schema import SUBJECT_KEY

_PLACE = ("subject", "session", "stream", "source", "hemi", "part")
_KIND = ("source", "hemi", "part")
_ENOUGH = 3
"""Files of one kind that it takes before their regions are compared."""


def settle(readings: Sequence[Reading]) -> list[Reading]:
    """Refuse what cannot be true, and say so in the rows concerned; the order stays."""
    found = list(readings)
    for rule in (_same_place, _both_sides, _copies, _lacking_regions, _lacking_measures):
        for index, reading in rule(found).items():
            found[index] = reading
    for group in overlapping(found):
        for index, reading in zip(group, once_each([found[i] for i in group]), strict=True):
            found[index] = reading
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


def _path(reading: Reading) -> str:
    return str(reading.record["path"])


def _same_place(readings: Sequence[Reading]) -> dict[int, Reading]:
    """Of several files for one place keep one if they are equal, and none if they differ."""
    changed = {}
    for group in _groups(readings, lambda reading: _cells(reading, _PLACE)):
        first = readings[group[0]]
        how = _alike([readings[i] for i in group])
        for i in group[1:] if how else group:
            if how:
                changed[i] = readings[i].refused("skipped", f"the same, {how}, as {_path(first)}")
            else:
                others = ", ".join(_path(readings[j]) for j in group if j != i)
                text = wording(expected="one file of this subject and kind", found=f"another that differs: {others}")
                hint = "None of them is used: read the folders apart, and tell them by a column of your own"
                changed[i] = readings[i].refused("conflict", f"{text}. {hint}")
    return changed


def _alike(readings: Sequence[Reading]) -> str:
    """Say how files are the same: in every byte, or in every value (a text and its .stats twin); '' if they are not."""
    if len({reading.digest for reading in readings}) == 1:
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
    for group in _groups(readings, lambda reading: (_cells(reading, (*SUBJECT_KEY, "source", "part")), reading.digest)):
        if len({readings[i].record["hemi"] for i in group}) > 1:
            text = wording(expected="a left and a right side that differ", found="the same, byte for byte")
            changed |= {i: readings[i].refused("conflict", f"{text}. Neither is used") for i in group}
    return changed


def _copies(readings: Sequence[Reading]) -> dict[int, Reading]:
    """Refuse the same bytes under several subjects, but for the one that the header names."""
    changed = {}
    for group in _groups(readings, lambda reading: (_cells(reading, _KIND), reading.digest)):
        rightful = [i for i in group if readings[i].record["subject_in_file"] == readings[i].record["directory"]]
        for i in group:
            if rightful == [i]:
                continue
            others = ", ".join(_path(readings[j]) for j in (rightful or group) if j != i)
            text = wording(expected="a file of its own", found=f"the same, byte for byte, as {others}")
            changed[i] = readings[i].refused("conflict", f"{text}. It is not used")
    return changed


def _lacking_regions(readings: Sequence[Reading]) -> dict[int, Reading]:
    """Name regions that a file lacks and most of its kind have, where nothing else tells how many are due."""
    expected = "the regions that most files of this kind have"
    return _lacking(readings, _KIND, lambda layout: layout.region, expected, lambda reading: reading.open_ended)


def _lacking_measures(readings: Sequence[Reading]) -> dict[int, Reading]:
    """Name header Measures that a file lacks and most of its kind, tool, version and stream have."""
    kind = (*_KIND, "tool", "version", "stream")
    return _lacking(readings, kind, lambda layout: layout.fields, "the Measures that most such files have")


def _lacking(
    readings: Sequence[Reading],
    kind: Sequence[str],
    names_of: Callable[[Layout], Sequence[str]],
    expected: str,
    concerns: Callable[[Reading], bool] = lambda _: True,
) -> dict[int, Reading]:
    """Name what a file lacks and more than half of the files of its kind have."""
    changed = {}
    for group in _groups(readings, lambda reading: _cells(reading, kind)):
        if len(group) < _ENOUGH or not any(concerns(readings[i]) for i in group):
            continue
        names = {i: dict.fromkeys(names_of(block.layout)) for i in group if (block := readings[i].block) is not None}
        counts = Counter(name for own in names.values() for name in own)
        usual = [name for name, count in counts.items() if 2 * count > len(group)]
        for i in group:
            lacking = [name for name in usual if name not in names[i]]
            if lacking and concerns(readings[i]):
                text = wording(expected=expected, found=f"none of {some_of(lacking)}")
                changed[i] = readings[i].noted(text, status="partial")
    return changed
