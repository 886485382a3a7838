"""From the files table, or from folders, to the long table."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from fsstats._frames import listed, require
from fsstats.discovery import select_files
from fsstats.discovery.find import Survey, survey
from fsstats.errors import UnknownNameError, warn
from fsstats.io._account import Account
from fsstats.io._batch import Batch, Tick
from fsstats.io._given import read_given
from fsstats.io._reading import content_of
from fsstats.io._stores import PathLike
from fsstats.io._study import Plan, Progress, Task, plan_of, read_task, spoilt, task_of, ticking
from fsstats.parsers import StatsFile, parse_stats
from fsstats.schema import FILES, FORMER_NAMES, SUBJECT_KEY, global_measures, is_of, measure_of
from fsstats.schema import measures as known_measures
from fsstats.tables.assemble import Names, as_frame, columns_of, segids_of
from fsstats.tables.problems import describe, problems

StudySource = PathLike | Sequence[PathLike] | pd.DataFrame
_UNMARKED: Final = (
    "\nNo model should mix them, but this table does not say which value is of which. Mark them, and a model refuses: "
    "cohort = fsstats.load_cohort(...); fsstats.with_versions(cohort.table, cohort.files)"
)


@dataclass(frozen=True, slots=True)
class Cohort:
    """What was read: the values, and the account of every file. Made by `load_cohort`.

    Attributes
    ----------
    table : DataFrame
        The long table.
    files : DataFrame
        The files table, with status and problem of every file.
    """

    table: pd.DataFrame
    files: pd.DataFrame


def read_stats(path: PathLike, *, strict: bool = True) -> StatsFile:
    r"""Read one stats file from disk.

    Parameters
    ----------
    path : path
        A file of FreeSurfer, FastSurfer, FSL …, a member of an archive (``zip://name::archive``), or a URL.
    strict : bool
        Raise if anything is missing. If False, what is whole is kept and ``remarks`` names the rest.

    Returns
    -------
    StatsFile
        Header, Measures and rows.

    Raises
    ------
    StatsFormatError
        If it is not a stats file, or not a whole one (with `strict`).
    OSError
        If it cannot be opened.

    See Also
    --------
    parse_stats : The same from text or bytes.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "lh.mine.stats")
    ...     _ = path.write_text("# ColHeaders StructName NumVert ThickAvg\ninsula 2210 3.012\n")
    ...     stats = read_stats(path)
    >>> stats.source, stats.hemi, stats.rows["ThickAvg"][0].item()
    ('mine', 'lh', 3.012)
    """
    return parse_stats(read_given(path, content_of), where=os.fspath(path), strict=strict)


def load(
    source: StudySource,
    *,
    subjects: Collection[str] | None = None,
    sources: Collection[str] | None = None,
    measures: Collection[str] | None = None,
    details: bool = False,
) -> pd.DataFrame:
    """Read a study into one long table.

    Parameters
    ----------
    source : path, sequence of paths, or DataFrame
        A SUBJECTS_DIR or anything else that `find_stats` takes, or a files table, filtered as you like.
    subjects, sources : collection of str, optional
        Only these subjects, and only these kinds of file (``aseg``, ``aparc`` …).
    measures : collection of str, optional
        Only these measures: ``volume``, ``thickness`` …, or header Measures such as ``eTIV``.
    details : bool
        Add the columns ``segid`` and ``name_found`` (the name as it stands in the file).

    Returns
    -------
    DataFrame
        The long table: subject, session, stream, source, hemi, region, measure, value, unit. One row per
        value; subject to measure is unique; a missing value is NaN, never 0.

    Raises
    ------
    NothingFoundError
        If there is no subject.
    UnknownNameError
        If a source or a measure does not exist.

    Warns
    -----
    FsstatsWarning
        If any file is missing, damaged or doubtful, with what and why (`check` gives the same as a table), and
        if a measure that was asked for is not in every subject.

    Notes
    -----
    The table does not say which version wrote which value, so that a model would mix them: before statistics take
    `load_cohort` and `with_versions`.

    The strings are categories; ``table.astype({"region": "str"})`` makes one plain text. A header Measure
    (``region`` is ``global``) stands once per file, so take it from one source:
    ``table.query("source == 'aseg' and measure == 'eTIV'")``.

    Regions have their names of current FreeSurfer, whatever version wrote the file. A structure without
    voxels keeps its volume of 0; its intensities, which FreeSurfer prints as 0, are missing.

    Examples
    --------
    >>> import tempfile
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = load(make_cohort(folder, n_subjects=2, seed=1).root, sources=["aparc"], measures=["thickness"])
    >>> len(table), table["unit"].unique().tolist()
    (136, ['mm'])
    """
    cohort = load_cohort(source, subjects=subjects, sources=sources, measures=measures, details=details)
    found = problems(cohort.files)
    for text in _doubts(found[found["level"] != "note"]) + gaps(cohort.files, holders_of(cohort.table, measures)):
        warn(text)
    return cohort.table


def _doubts(found: pd.DataFrame) -> list[str]:
    """Say in one text what is wrong; none where all is well."""
    if not len(found):
        return []
    text = f"{len(found)} problem(s), which fsstats.check lists:\n{describe(found, most=5)}"
    return [text + _UNMARKED if found["rule"].isin(["versions", "definitions"]).any() else text]


def load_cohort(
    source: StudySource,
    *,
    subjects: Collection[str] | None = None,
    sources: Collection[str] | None = None,
    measures: Collection[str] | None = None,
    details: bool = False,
    progress: Progress | None = None,
) -> Cohort:
    """Read a study into one long table, with an account of every file.

    Parameters
    ----------
    source : path, sequence of paths, or DataFrame
        A SUBJECTS_DIR or anything else that `find_stats` takes, or a files table, filtered as you like.
    subjects, sources : collection of str, optional
        Only these subjects, and only these kinds of file.
    measures : collection of str, optional
        Only these measures.
    details : bool
        Add the columns ``segid`` and ``name_found``.
    progress : callable, optional
        Called as ``progress(files done, files in all)`` now and then, and after the last file.

    Returns
    -------
    Cohort
        ``table`` and ``files``. A damaged file costs only itself: its row says what is wrong, and
        what is whole in it is used.

    Raises
    ------
    NothingFoundError
        If there is no subject.
    UnknownNameError
        If a source or a measure does not exist.

    Notes
    -----
    Nothing of a file is used if its header names the other hemisphere, if another file claims the same
    subject, session, stream, source and hemisphere and differs, or if it equals another subject's file byte
    for byte and its header does not name this one.

    Examples
    --------
    >>> import tempfile
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cohort = load_cohort(make_cohort(folder, n_subjects=2, seed=1).root, sources=["aparc"])
    >>> cohort.files[["subject", "hemi", "status", "definitions"]]
       subject hemi status definitions
    0  sub-001   lh     ok  volume=th3
    1  sub-001   rh     ok  volume=th3
    2  sub-002   lh     ok  volume=th3
    3  sub-002   rh     ok  volume=th3
    """
    batches, account = read_study(source, subjects=subjects, sources=sources, measures=measures, progress=progress)
    return Cohort(table_of(batches, details=details), account.files())


def read_study(
    source: StudySource,
    *,
    subjects: Collection[str] | None = None,
    sources: Collection[str] | None = None,
    measures: Collection[str] | None = None,
    progress: Progress | None = None,
) -> tuple[list[Batch], Account]:
    """Read a study as `load_cohort` does, and leave the values as they were read: file by file, in batches."""
    files = study_files(source, subjects, sources)
    plan = plan_of(files, subjects=subjects, sources=sources, measures=measures)
    account = Account(files)
    tick = ticking(plan.n_files, progress)
    batches = [_entered(plan, task_of(plan, number), account, tick) for number in range(len(plan.batches))]
    refused = account.copies()
    for number in spoilt(plan, refused):
        batches[number] = _entered(plan, task_of(plan, number, refused), account, lambda: None)
    account.note_lacking()
    require_known(account, sources, measures)
    return batches, account


def _entered(plan: Plan, task: Task, account: Account, tick: Tick) -> Batch:
    batch = read_task(task, tick)
    account.add(plan.batches[task.number], batch)
    return batch


def table_of(batches: Sequence[Batch], *, details: bool = False) -> pd.DataFrame:
    """Put what was read into one long table."""
    names = Names()
    runs = [run for batch in batches for _, runs in batch.runs() for run in runs]
    return as_frame([columns_of(runs, names, details=details)], names, segids_of(runs) if details else None)


def check(
    source: StudySource, *, subjects: Collection[str] | None = None, sources: Collection[str] | None = None
) -> pd.DataFrame:
    """Read every file of a study and list what is wrong.

    Parameters
    ----------
    source : path, sequence of paths, or DataFrame
        A SUBJECTS_DIR or anything else that `find_stats` takes, or a files table.
    subjects, sources : collection of str, optional
        Only these subjects, and only these kinds of file.

    Returns
    -------
    DataFrame
        The problems table of `problems`; no rows where all is well.

    Examples
    --------
    >>> import tempfile
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = check(make_cohort(folder, n_subjects=2, seed=1).root)
    >>> len(found)
    0
    """
    return problems(load_cohort(source, subjects=subjects, sources=sources).files)


def surveyed(source: StudySource, subjects: Collection[str] | None, sources: Collection[str] | None) -> Survey:
    """Give the files table of a study, and what it depends on where that can be told."""
    if isinstance(source, pd.DataFrame):
        return Survey(study_files(source, subjects, sources), None)
    return survey(source, subjects=subjects, sources=sources, asked_for=True)


def study_files(source: StudySource, subjects: Collection[str] | None, sources: Collection[str] | None) -> pd.DataFrame:
    """Give the files table of a study, be it folders or such a table already, of the chosen subjects and sources."""
    if not isinstance(source, pd.DataFrame):
        return survey(source, subjects=subjects, sources=sources, asked_for=True).files
    require(source, FILES, needed_by="load")
    return select_files(source[list(FILES)], subjects=subjects, sources=sources)


def require_known(account: Account, sources: Collection[str] | None, measures: Collection[str] | None) -> None:
    """Raise for a source that neither a file nor a table of many subjects has, and for an unknown measure."""
    for name in listed(sources):
        if not any(is_of(source, name) for source in account.sources) and account.has_tables:
            raise UnknownNameError.among("source", name, account.sources)
    known = {*known_measures(), *global_measures(), *account.measures()}
    keys = {measure.key: measure.field for measure in global_measures().values() if measure.key != "Cortex"}
    for name in sorted(set(listed(measures)) - known):
        ours = measure_of(name)
        meant = ours.name if ours else keys.get(name)
        if meant:
            message = f"no measure is called {name!r}; FreeSurfer's {name} is called {meant} here"
            raise UnknownNameError(message)
        raise UnknownNameError.among("measure", name, known)


def holders_of(table: pd.DataFrame, measures: Collection[str] | None) -> dict[str, int]:
    """Count for each measure the runs that have it."""
    keys = {name: table.loc[table["measure"] == name, list(SUBJECT_KEY)] for name in listed(measures)}
    return {name: len(own.drop_duplicates()) for name, own in keys.items()}


def gaps(files: pd.DataFrame, holders: Mapping[str, int]) -> list[str]:
    """Say of every measure asked for in how many runs it is, where it is not in all of them."""
    people = files.loc[files["directory"].notna(), list(SUBJECT_KEY)].drop_duplicates()
    noun = "subjects" if people["subject"].is_unique else "runs"
    texts = []
    for name, n in holders.items():
        if n < len(people):
            former = FORMER_NAMES.get(name)
            hint = f"; older versions call it {former}" if former else ""
            texts.append(f"{name} is in {n} of {len(people)} {noun}{hint}")
    return texts
