"""Files that contradict each other: two for one place, copies under another name, regions that only one lacks."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence

from fsstats.errors import wording
from fsstats.io._reading import Reading, text_of

_PLACE = ("subject", "session", "stream", "source", "hemi")
_KIND = ("source", "hemi")
_ENOUGH = 3
"""Files of one kind that it takes before their regions are compared."""


def settle(readings: Sequence[Reading]) -> list[Reading]:
    """Refuse what cannot be true, and say so in the rows concerned; the order stays."""
    found = list(readings)
    for rule in (_same_place, _copies, _lacking_regions, _lacking_measures):
        for index, reading in rule(found).items():
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
        equal = len({readings[i].digest for i in group}) == 1
        for i in group[1:] if equal else group:
            if equal:
                changed[i] = readings[i].refused("skipped", f"the same, byte for byte, as {_path(first)}")
            else:
                others = ", ".join(_path(readings[j]) for j in group if j != i)
                text = wording(expected="one file of this subject and kind", found=f"another that differs: {others}")
                hint = "None of them is used: read the folders apart, and tell them by a column of your own"
                changed[i] = readings[i].refused("conflict", f"{text}. {hint}")
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
    changed = {}
    for group in _groups(readings, lambda reading: _cells(reading, _KIND)):
        if len(group) < _ENOUGH or not any(readings[i].open_ended for i in group):
            continue
        regions = {i: dict.fromkeys(block.layout.region) for i in group if (block := readings[i].block) is not None}
        counts = Counter(region for names in regions.values() for region in names)
        usual = [region for region, count in counts.items() if 2 * count > len(group)]
        for i in group:
            lacking = [region for region in usual if region not in regions[i]]
            if lacking and readings[i].open_ended:
                text = wording(
                    expected="the regions that most files of this kind have", found=f"none of {_some(lacking)}"
                )
                changed[i] = readings[i].noted(text, status="partial")
    return changed


def _lacking_measures(readings: Sequence[Reading]) -> dict[int, Reading]:
    """Name header Measures that a file lacks and most of its kind, tool, version and stream have."""
    changed = {}
    for group in _groups(readings, lambda reading: _cells(reading, (*_KIND, "tool", "version", "stream"))):
        fields = {i: block.layout.fields for i in group if (block := readings[i].block) is not None}
        counts = Counter(field for names in fields.values() for field in names)
        usual = [field for field, count in counts.items() if 2 * count > len(group) >= _ENOUGH]
        for i in group:
            lacking = [field for field in usual if field not in fields[i]]
            if lacking:
                text = wording(expected="the Measures that most such files have", found=f"none of {_some(lacking)}")
                changed[i] = readings[i].noted(text, status="partial")
    return changed


def _some(names: Sequence[str], most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
