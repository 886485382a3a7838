"""What the project promises about speed, and whether it holds."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from contenders import AGAIN, ALL_TABLES, CAT, FREESURFER, FREESURFER_STATS, MERGE, ZIPS
from measuring import Result, exponent, ratios
from records import Group, Part

SMALL, USUAL, LARGE = 1000, 5000, 20000
"""Subjects of the cohorts that the bars speak of."""
SLOW = 1000
"""Subjects for programs that would take minutes a run on more."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A promise, and the numbers that were measured, one a run."""

    what: str
    limit: float
    values: list[float]
    at_least: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the median keeps the promise; None without numbers."""
        if not self.values:
            return None
        value = statistics.median(self.values)
        return value >= self.limit if self.at_least else value <= self.limit


def bars(parts: Mapping[str, Part]) -> list[Bar]:
    """Give all promises, with numbers where their parts were measured at the size that they speak of."""
    usual, large, small = (_find(parts, "sizes", MERGE, subjects) for subjects in (USUAL, LARGE, SMALL))
    cat, archives = _find(parts, "sizes", CAT, USUAL), _find(parts, "zips", ZIPS, SMALL)
    peer, tables, cortex = (_find(parts, "peers", name, USUAL) for name in (MERGE, FREESURFER, FREESURFER_STATS))
    script, one_pass = (_find(parts, "tables", name, SLOW) for name in (FREESURFER, ALL_TABLES))
    first, second = (_find(parts, "again", name, USUAL) for name in (MERGE, AGAIN))
    return [
        Bar("CPU of merge at 5,000 subjects, times that of cat", 3, _times(usual, cat)),
        Bar("CPU of FreeSurfer's scripts, times that of merge", 30, _times(tables, peer), at_least=True),
        Bar("CPU a file of freesurfer-stats, times that of merge", 60, _times(cortex, peer), at_least=True),
        Bar(
            "CPU of FreeSurfer's scripts for all tables, times that of one pass",
            50,
            _times(script, one_pass),
            at_least=True,
        ),
        Bar("ms of CPU an archive of 300 members, of 1,000", 2, _milliseconds(archives, SMALL)),
        Bar("growth of the CPU of merge from 1,000 to 20,000 subjects, exponent", 1.05, growth(parts, MERGE)),
        Bar("peak memory of merge at 20,000 subjects, times that at 1,000", 1.3, _peak_times(large, small)),
        Bar("peak memory of merge at 20,000 subjects, MiB", 400, large.peak if large else []),
        Bar("CPU of merge again at 5,000 subjects, times the first", 0.1, _times(second, first)),
    ]


def growth(parts: Mapping[str, Part], name: str) -> list[float]:
    """Give the exponent with which the CPU grows from `SMALL` to `LARGE`, of every run."""
    groups = [group for group in _groups(parts, "sizes") if SMALL <= group.subjects <= LARGE]
    found = [(group.subjects, result) for group in groups for result in group.results if result.name == name]
    measured = {subjects: result.net for subjects, result in found if not result.skipped}
    if not {SMALL, LARGE} <= measured.keys():
        return []
    return [exponent([*measured], costs) for costs in zip(*measured.values(), strict=True)]


def _groups(parts: Mapping[str, Part], part: str) -> list[Group]:
    return parts[part].groups if part in parts else []


def _find(parts: Mapping[str, Part], part: str, name: str, subjects: int) -> Result | None:
    """Find a result of this size that has numbers."""
    groups = (group for group in _groups(parts, part) if group.subjects == subjects)
    results = (result for group in groups for result in group.results)
    return next((result for result in results if result.name == name and not result.skipped), None)


def _times(these: Result | None, those: Result | None) -> list[float]:
    return ratios(these, those) if these and those else []


def _milliseconds(result: Result | None, archives: int) -> list[float]:
    return [1000 * seconds / archives for seconds in result.net] if result else []


def _peak_times(these: Result | None, those: Result | None) -> list[float]:
    return [mine / other for mine, other in zip(these.peak, those.peak, strict=True)] if these and those else []
