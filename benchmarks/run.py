"""Measure fsstats and its peers, and write RESULTS.md: ``python benchmarks/run.py --scratch DIR``."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import contenders
from bars import SLOW, SMALL, USUAL
from contenders import AGAIN, FOLDERS, FREESURFER, FREESURFER_STATS, ZIPS
from measuring import Contender, Result, child, in_turn
from page import page
from records import Group, Part, Profile, read, write

HERE = Path(__file__).parent
FILES = len(contenders.STATS)
"""Stats files of a subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the command line asks for."""

    scratch: Path
    subjects: list[int]
    freesurfer: Path | None
    runs: int

    def at_most(self, subjects: int) -> int:
        """Give this number of subjects, or the largest that was asked for."""
        return min(subjects, max(self.subjects))


def sizes(settings: Settings) -> Part:
    """Measure `cat`, merge and load on cohorts of every size."""
    small = cohort(settings, "tree", 1)
    groups = []
    for subjects in settings.subjects:
        folder, files = cohort(settings, "tree", subjects), FILES * subjects
        group = [
            contenders.cat(settings.scratch, folder, files),
            contenders.merge(settings.scratch, folder, files, small),
            contenders.load(settings.scratch, folder, files, small),
        ]
        groups.append(Group(subjects, measured(settings, group)))
    return Part(groups)


def peers(settings: Settings) -> Part:
    """Measure other programs against merge, which reads more subjects than those that take minutes on so many."""
    usual, subjects, small = settings.at_most(USUAL), settings.at_most(SLOW), cohort(settings, "tree", 1)
    folder, files = cohort(settings, "tree", subjects), FILES * subjects
    group = [
        contenders.merge(settings.scratch, cohort(settings, "tree", usual), FILES * usual, small),
        contenders.pandas_loop(settings.scratch, folder, files, small),
    ]
    missing = []
    optional = {
        FREESURFER_STATS: partial(contenders.freesurfer_stats, settings.scratch, folder, subjects, small),
        FREESURFER: partial(contenders.freesurfer_tables, settings.scratch, folder, files, settings.freesurfer),
    }
    for name, make in optional.items():
        try:
            group.append(make())
        except contenders.UnavailableError as error:
            missing.append(Result(name=name, files=0, skipped=f"skipped: {error}"))
    return Part([Group(usual, measured(settings, group) + missing)])


def tables(settings: Settings) -> Part:
    """Measure one pass for all of FreeSurfer's tables, from subjects and from a merged table, against its scripts."""
    subjects, small = settings.at_most(SLOW), cohort(settings, "tree", 1)
    folder, files = cohort(settings, "tree", subjects), FILES * subjects
    group = [
        contenders.all_tables(settings.scratch, folder, files, small),
        contenders.all_tables_of_merged(settings.scratch, folder, files, small),
    ]
    missing = []
    try:
        group.append(contenders.freesurfer_tables(settings.scratch, folder, files, settings.freesurfer))
    except contenders.UnavailableError as error:
        missing.append(Result(name=FREESURFER, files=0, skipped=f"skipped: {error}"))
    return Part([Group(subjects, measured(settings, group) + missing)])


def again(settings: Settings) -> Part:
    """Measure a merge, and a second one into what the first has written."""
    subjects, small = settings.at_most(USUAL), cohort(settings, "tree", 1)
    folder, files = cohort(settings, "tree", subjects), FILES * subjects
    group = [
        contenders.merge(settings.scratch, folder, files, small),
        contenders.merge(settings.scratch, folder, files, small, name=AGAIN, again=True),
    ]
    return Part([Group(subjects, measured(settings, group))])


def zips(settings: Settings) -> Part:
    """Measure the merge of archives against that of the same files in folders."""
    subjects = settings.at_most(SMALL)
    names = {"unpacked": FOLDERS, "zips": ZIPS}
    group = [
        contenders.merge(
            settings.scratch, cohort(settings, kind, subjects), FILES * subjects, cohort(settings, kind, 1), name=name
        )
        for kind, name in names.items()
    ]
    return Part([Group(subjects, measured(settings, group))])


def profile(settings: Settings) -> Part:
    """Profile one merge."""
    subjects = settings.at_most(SMALL)
    folder, small = cohort(settings, "tree", subjects), cohort(settings, "tree", 1)
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        script = contenders.SCRIPTS / "profile_merge.py"
        child([sys.executable, str(script), str(folder), str(small), out.name])
        record = json.load(out)
    return Part(profile=Profile(subjects, record["seconds"], record["own"]))


PARTS: dict[str, Callable[[Settings], Part]] = {
    "sizes": sizes,
    "peers": peers,
    "tables": tables,
    "again": again,
    "zips": zips,
    "profile": profile,
}


def cohort(settings: Settings, kind: str, subjects: int) -> Path:
    """Give the folder of a cohort; it is made, by a program of its own, if it is not there yet."""
    folder = settings.scratch / f"{kind}-{subjects}"
    if not folder.exists():
        what = str(subjects) if kind == "tree" else str(cohort(settings, "tree", subjects))
        with tempfile.TemporaryDirectory(dir=settings.scratch) as place:
            child([sys.executable, str(HERE / "cohorts.py"), kind, f"{place}/made", what])
            Path(place, "made").rename(folder)
    return folder


def measured(settings: Settings, group: list[Contender]) -> list[Result]:
    """Run a group, after a run of its first that nobody measures: it brings the files into the page cache."""
    say(f"  {group[0].files:,} files: {', '.join(contender.name for contender in group)}")
    in_turn(group[:1], 1)
    return in_turn(group, settings.runs)


def say(text: str) -> None:
    """Tell the person who waits how far it is."""
    print(text, flush=True)


def main() -> None:
    """Measure what the command line asks for, and write the page of all that was measured so far."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scratch", type=Path, required=True, help="folder for cohorts and measurements")
    parser.add_argument("--subjects", default="100,1000,5000,20000", help="sizes of the cohorts")
    parser.add_argument("--freesurfer", type=Path, help="a checkout or an installation of FreeSurfer")
    parser.add_argument("--runs", type=int, default=5, help="runs of each contender")
    parser.add_argument("--only", choices=PARTS, help="measure this part only")
    arguments = parser.parse_args()
    arguments.scratch.mkdir(parents=True, exist_ok=True)
    settings = Settings(
        scratch=arguments.scratch.resolve(),
        subjects=[int(number) for number in arguments.subjects.split(",")],
        freesurfer=arguments.freesurfer and arguments.freesurfer.resolve(),
        runs=arguments.runs,
    )
    records = {name: settings.scratch / "measured" / f"{name}.json" for name in PARTS}
    for name in [arguments.only] if arguments.only else PARTS:
        say(name)
        write(PARTS[name](settings), records[name])
    parts = {name: read(path) for name, path in records.items() if path.exists()}
    (HERE / "RESULTS.md").write_text(page(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
