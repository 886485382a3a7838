"""Write the page of results: every word and number on it comes from here and from what was measured."""

import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import itemgetter

from bars import Bar, bars, growth
from contenders import TABLES
from measuring import Result, ratios
from records import Part, Profile

FORGIVEN = 0.01
"""Modules and functions with less than this share of a profile are not named."""
LONGEST = 25
"""Rows of the table of functions."""

HEAD = """# Results

Written by `python benchmarks/run.py`; do not edit. [README.md](README.md) says what is measured and how. CPU is user
and system time of a process and its children. Numbers are medians of the runs. *Net* is without the start-up. Ratios
are of net CPU a file, run by run, and stand with their range. On another machine the times differ; the ratios much
less."""

TITLES = {
    "sizes": "From small to large cohorts",
    "peers": "Other programs",
    "tables": "All of FreeSurfer's tables",
    "again": "Merging again",
    "zips": "Archives",
}
NOTES = {
    "sizes": "Ten stats files a subject, warm page cache; *times* is against `cat`.",
    "peers": "*Times* is against `fsstats merge`, a file; what takes milliseconds a file reads fewer of them. "
    "freesurfer-stats reads the eight files of the cortex only and writes nothing. FreeSurfer's scripts write "
    f"{TABLES} tables, one a call: nearly all numbers of the ten files, without `NumVert`, minimum and range; their "
    "start-up is that of as many calls.",
    "tables": f"The {TABLES} tables of `asegstats2table` and `aparcstats2table`, in one pass and in as many calls; "
    "*times* is against the first.",
    "again": "`fsstats merge` into an empty folder, then into what it has just written; *times* is against the first.",
    "zips": "One archive a subject, 300 members, ten of them stats files, and the same files in folders; *times* is "
    "against the folders.",
}
COLUMNS = ("", "files", "start-up, s", "CPU, s", "net, us a file", "wall, s", "peak, MiB", "times")


def page(parts: Mapping[str, Part]) -> str:
    """Give the text of the page.

    Parameters
    ----------
    parts : mapping of str to Part
        What was measured, by the name of the part; parts may be missing.

    Returns
    -------
    str
        Markdown.
    """
    sections = [HEAD, _machine(parts), _bars(bars(parts))]
    sections += [_groups(name, parts[name]) for name in TITLES if name in parts]
    sections.append(_growth(parts))
    sections += [_profile(part.profile) for part in parts.values() if part.profile]
    return "\n\n".join(section for section in sections if section) + "\n"


def _machine(parts: Mapping[str, Part]) -> str:
    """Describe the machine; more than once if parts were measured with different programs."""
    named: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for name, part in parts.items():
        named.setdefault(tuple(part.machine.items()), []).append(f"{name} on {part.when}")
    blocks = (f"{_table(('', ''), rows)}\n\nMeasured: {', '.join(names)}." for rows, names in named.items())
    return "\n\n".join(["## The machine", *blocks])


def _bars(promises: Sequence[Bar]) -> str:
    rows = (
        (
            bar.what,
            f"{'at least' if bar.at_least else 'at most'} {bar.limit:g}",
            _spread(bar.values) or "not measured",
            {True: "met", False: "**not met**", None: ""}[bar.met],
        )
        for bar in promises
    )
    return "## What is promised\n\n" + _table(("", "promised", "measured", ""), rows)


def _groups(name: str, part: Part) -> str:
    """Write the tables of a part; the reference of the ratios is the first row of each."""
    blocks = [f"## {TITLES[name]}", NOTES[name]]
    for group in part.groups:
        runs = max(len(result.cpu) for result in group.results)
        blocks += [
            f"{group.subjects:,} subjects; runs: {runs}",
            _table(COLUMNS, [_row(result, group.results[0]) for result in group.results]),
        ]
    return "\n\n".join(blocks)


def _row(result: Result, reference: Result) -> tuple[str, ...]:
    if result.skipped:
        return result.name, f"{result.files:,}", *[""] * 5, result.skipped
    times = "" if result is reference or reference.skipped else _spread(ratios(result, reference))
    return (
        result.name,
        f"{result.files:,}",
        f"{statistics.median(result.start_up):.2f}",
        f"{statistics.median(result.cpu):.2f}",
        f"{1e6 * statistics.median(result.net) / result.files:,.1f}",
        f"{statistics.median(result.wall):.2f}",
        f"{statistics.median(result.peak):,.0f}",
        times,
    )


def _growth(parts: Mapping[str, Part]) -> str:
    groups = parts["sizes"].groups if "sizes" in parts else []
    names = dict.fromkeys(result.name for group in groups for result in group.results)
    rows = [(name, _spread(values)) for name in names if (values := growth(parts, name))]
    text = "CPU without start-up grows as the number of subjects to this power, from 1,000 to 20,000 (least squares)."
    return f"## Growth\n\n{text}\n\n{_table(('', 'exponent'), rows)}" if rows else ""


def _profile(profile: Profile) -> str:
    """Write where the time of a merge goes, by module and by function."""
    total = sum(seconds for _, _, seconds in profile.own)
    modules: dict[str, float] = {}
    for module, _, seconds in profile.own:
        modules[module] = modules.get(module, 0.0) + seconds
    functions = {f"{function}` | `{module}": seconds for module, function, seconds in profile.own}
    note = (
        f"One merge of {profile.subjects:,} subjects in a process that has merged before, by cProfile, own time on the "
        f"clock. The profile sees the main thread, {total:.1f} s; the process took {profile.seconds:.1f} s of CPU. "
        "Profiling makes small functions look dearer than they are. What has less than 1 % is not named."
    )
    return "\n\n".join(
        [
            "## Where the time goes",
            note,
            _table(("module", "share"), _shares(modules, total)),
            _table(("function", "module", "share"), islice(_shares(functions, total), LONGEST)),
        ]
    )


def _shares(seconds: Mapping[str, float], total: float) -> Iterator[tuple[str, str]]:
    """Give names and their shares of the total, the largest first."""
    for name, spent in sorted(seconds.items(), key=itemgetter(1), reverse=True):
        if spent >= FORGIVEN * total:
            yield f"`{name}`", f"{100 * spent / total:.1f} %"


def _spread(values: Sequence[float]) -> str:
    """Give the median, and the range if there were several runs."""
    if not values:
        return ""
    if len(values) == 1:
        return f"{values[0]:.3g}"
    return f"{statistics.median(values):.3g} ({min(values):.3g} to {max(values):.3g})"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
