"""What is measured: fsstats, `cat`, a loop with pandas, freesurfer-stats, and FreeSurfer's scripts."""

import shlex
import shutil
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path

from measuring import ChildError, Contender, child

CAT = "cat"
MERGE = "fsstats merge"
AGAIN = "merge again, nothing changed"
FOLDERS = "merge, folders"
ZIPS = "merge, archives"
ALL_TABLES = "fsstats table --all"
ALL_OF_MERGED = "the same, of a merged table"
FREESURFER_STATS = "freesurfer-stats"
FREESURFER = "FreeSurfer's scripts"

SCRIPTS = Path(__file__).with_name("scripts")
FSSTATS = Path(sysconfig.get_path("scripts")) / "fsstats"
LOAD = "import sys, fsstats; fsstats.load(sys.argv[1])"
CAT_ALL = "find \"$0\" -name '*.stats' -print0 | xargs -0 cat > /dev/null"

REQUIREMENT = "freesurfer-stats==1.2.1"

SIDES = ("lh", "rh")
PARCELLATIONS = ("aparc", "aparc.a2009s", "aparc.DKTatlas", "BA_exvivo")
SEGMENTATIONS = ("aseg", "wmparc")
CORTEX = tuple(f"{side}.{name}.stats" for side in SIDES for name in PARCELLATIONS)
STATS = (*(f"{name}.stats" for name in SEGMENTATIONS), *CORTEX)
"""The ten files of a subject."""

CORTEX_MEASURES = (
    *("area", "volume", "thickness", "thickness.T1", "thicknessstd"),
    *("meancurv", "gauscurv", "foldind", "curvind"),
)
SEGMENTATION_MEASURES = ("nvoxels", "volume", "mean", "std", "max")
TABLES = len(CORTEX) * len(CORTEX_MEASURES) + len(SEGMENTATIONS) * len(SEGMENTATION_MEASURES)
"""What FreeSurfer's scripts write, one a call."""


class UnavailableError(Exception):
    """A contender cannot be had on this machine."""


def cat(scratch: Path, folder: Path, files: int) -> Contender:
    """Read all files and throw them away; its start-up is the same in an empty folder."""
    empty = scratch / "empty"
    empty.mkdir(exist_ok=True)
    command = ["sh", "-c", CAT_ALL]
    return Contender(name=CAT, command=[*command, str(folder)], start_up=[*command, str(empty)], files=files)


def merge(scratch: Path, folder: Path, files: int, small: Path, *, name: str = MERGE, again: bool = False) -> Contender:
    """Merge a cohort to a long Parquet table, by the command line; into the table that is there if *again*."""
    output = scratch / "out" / "merge"
    program = [sys.executable, str(FSSTATS), "merge"]
    little = [*program, str(small), "-o", str(aside(scratch) / "cohort.parquet")]
    start_up = imports(scratch, name, little)
    return Contender(
        name=name,
        command=[*program, str(folder), "-o", str(output / "cohort.parquet")],
        # The second merge may import less than the first, and only what it imports may be taken off.
        start_up=imports(scratch, name, little) if again else start_up,
        files=files,
        output=None if again else output,
    )


def all_tables(scratch: Path, folder: Path, files: int, small: Path) -> Contender:
    """Write all tables of FreeSurfer's scripts in one pass."""
    output = scratch / "out" / "tables"
    program = [sys.executable, str(FSSTATS), "table"]
    return Contender(
        name=ALL_TABLES,
        command=[*program, str(folder), "--all", "-o", str(output)],
        start_up=imports(scratch, ALL_TABLES, [*program, str(small), "--all", "-o", str(aside(scratch))]),
        files=files,
        output=output,
    )


def all_tables_of_merged(scratch: Path, folder: Path, files: int, small: Path) -> Contender:
    """Write them from a table that was merged before."""
    output, merged, little = scratch / "out" / "tables", scratch / "merged.parquet", scratch / "small.parquet"
    for source, table in ((folder, merged), (small, little)):
        child([sys.executable, str(FSSTATS), "merge", str(source), "-o", str(table)])
    program = [sys.executable, str(FSSTATS), "table"]
    return Contender(
        name=ALL_OF_MERGED,
        command=[*program, str(merged), "--all", "-o", str(output)],
        start_up=imports(scratch, ALL_OF_MERGED, [*program, str(little), "--all", "-o", str(aside(scratch))]),
        files=files,
        output=output,
    )


def load(scratch: Path, folder: Path, files: int, small: Path) -> Contender:
    """Load a cohort into memory."""
    name, program = "fsstats.load", [sys.executable, "-c", LOAD]
    start_up = imports(scratch, name, [*program, str(small)])
    return Contender(name=name, command=[*program, str(folder)], start_up=start_up, files=files)


def pandas_loop(scratch: Path, folder: Path, files: int, small: Path) -> Contender:
    """Read file after file with pandas."""
    name, output = "pandas loop", scratch / "out" / "pandas"
    program = [sys.executable, str(SCRIPTS / "pandas_loop.py")]
    return Contender(
        name=name,
        command=[*program, str(folder), str(output / "cohort.parquet")],
        start_up=imports(scratch, name, [*program, str(small), str(aside(scratch) / "cohort.parquet")]),
        files=files,
        output=output,
    )


def freesurfer_stats(scratch: Path, folder: Path, subjects: int, small: Path) -> Contender:
    """Read the files of the cortex with freesurfer-stats, in an environment of its own that is made if needed."""
    home = scratch / FREESURFER_STATS
    if not home.exists():
        install(home, REQUIREMENT)
    program = [str(home / "bin" / "python"), str(SCRIPTS / "freesurfer_stats_loop.py")]
    return Contender(
        name=FREESURFER_STATS,
        command=[*program, str(folder)],
        start_up=imports(scratch, FREESURFER_STATS, [*program, str(small)]),
        files=subjects * len(CORTEX),
    )


def freesurfer_tables(scratch: Path, folder: Path, files: int, freesurfer: Path | None) -> Contender:
    """Write all tables that aparcstats2table and asegstats2table can make of the ten files.

    The start-up is that of as many calls that print their help.
    """
    if not freesurfer:
        raise UnavailableError("no --freesurfer was given")
    subjects = scratch / "subjects.txt"
    subjects.write_text("".join(f"{path.name}\n" for path in sorted(folder.iterdir())), encoding="utf-8")
    output = scratch / "out" / "freesurfer"
    calls = list(table_calls(freesurfer, subjects, output))
    return Contender(
        name=FREESURFER,
        command=shell_script(scratch / "tables.sh", calls),
        start_up=shell_script(scratch / "help.sh", [[*call[:2], "--help"] for call in calls]),
        files=files,
        output=output,
        environment={"SUBJECTS_DIR": str(folder), "PYTHONPATH": str(bindings(scratch, freesurfer))},
    )


def table_calls(freesurfer: Path, subjects: Path, output: Path) -> Iterator[list[str]]:
    """Give the calls, one a table."""
    aparc, aseg = script(freesurfer, "aparcstats2table"), script(freesurfer, "asegstats2table")
    listed = ["--subjectsfile", str(subjects)]
    for measure in CORTEX_MEASURES:
        for atlas in PARCELLATIONS:
            for side in SIDES:
                table = str(output / f"{side}.{atlas}.{measure}.tsv")
                yield [sys.executable, aparc, *listed, "--hemi", side, "-p", atlas, "-m", measure, "-t", table]
    for measure in SEGMENTATION_MEASURES:
        for name in SEGMENTATIONS:
            table = str(output / f"{name}.{measure}.tsv")
            yield [sys.executable, aseg, *listed, "--statsfile", f"{name}.stats", "-m", measure, "-t", table]


def bindings(scratch: Path, freesurfer: Path) -> Path:
    """Give a folder from which the scripts can import `fsbindings.legacy`.

    The package around that module wants compiled code, which a checkout does not have and the scripts do not use. So
    an empty package takes its place, which finds the module where it is.
    """
    package = scratch / "bindings" / "fsbindings"
    package.mkdir(parents=True, exist_ok=True)
    homes = [str(freesurfer / place / "fsbindings") for place in ("python", "python/packages")]
    (package / "__init__.py").write_text(f"__path__ += {homes}\n", encoding="utf-8")
    return package.parent


def install(home: Path, requirement: str) -> None:
    """Make an environment with a package, or nothing."""
    try:
        child([sys.executable, "-m", "venv", str(home)])
        child([str(home / "bin" / "python"), "-m", "pip", "install", "--only-binary", ":all:", requirement])
    except ChildError as error:
        shutil.rmtree(home, ignore_errors=True)
        raise UnavailableError(f"{requirement} cannot be installed: {error}") from error


def script(freesurfer: Path, name: str) -> str:
    """Find a script in a checkout or an installation."""
    for place in ("scripts", "bin", "python/scripts"):
        if (freesurfer / place / name).exists():
            return str(freesurfer / place / name)
    raise UnavailableError(f"--freesurfer has no {name}")


def shell_script(path: Path, calls: Sequence[Sequence[str]]) -> list[str]:
    """Write a shell script that makes all calls and stops at the first error; give the command that runs it."""
    path.write_text("\n".join(["set -e", *map(shlex.join, calls), ""]), encoding="utf-8")
    return ["sh", str(path)]


def imports(scratch: Path, name: str, command: Sequence[str]) -> list[str]:
    """Give a command that imports what a Python program imports when it reads a cohort of one subject."""
    python, *words = command
    modules = scratch / f"{name}.imports.txt"
    child([python, str(SCRIPTS / "what_is_imported.py"), str(modules), *words])
    return [python, str(SCRIPTS / "only_import.py"), str(modules)]


def aside(scratch: Path) -> Path:
    """Give an empty folder for what nobody looks at."""
    folder = scratch / "out" / "small"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
