"""The main job: a study in, one table and the account of it out."""

import errno
import json
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from fsstats._frames import listed, printable
from fsstats.errors import NothingFoundError, warn
from fsstats.io._anonymous import anonymous
from fsstats.io._merging import executor_for, read_part, write_batches
from fsstats.io._replace import replacing
from fsstats.io._stores import PathLike
from fsstats.io._study import NOT_READ, Plan, Progress, plan_of
from fsstats.io._target import (
    Target,
    finish,
    forget,
    key_of,
    locked,
    place_folder,
    require_target,
    standing,
    start,
    target_of,
)
from fsstats.io.files import description_of, read_table, write_sidecar, write_tables, write_whole
from fsstats.io.load import StudySource, gaps, holders_of, read_study, require_known, surveyed, table_of
from fsstats.schema import SUBJECT_KEY
from fsstats.tables.join import identified, join
from fsstats.tables.shape import to_wide


@dataclass(frozen=True, slots=True)
class Merged:
    """A table that was written, and the account of every file. Made by `merge`.

    Attributes
    ----------
    path : Path
        The table.
    files : DataFrame
        The files table, with status and problem of every file.
    n_rows : int
        Rows of the table.
    """

    path: Path
    files: pd.DataFrame
    n_rows: int

    @property
    def files_path(self) -> Path:
        """Where the files table is."""
        return Target(self.path).files

    @property
    def table(self) -> pd.DataFrame:
        """The table, read from disk whenever it is asked for."""
        return read_table(self.path)


def merge(
    source: StudySource,
    out: PathLike,
    *,
    subjects: Collection[str] | None = None,
    sources: Collection[str] | None = None,
    measures: Collection[str] | None = None,
    participants: pd.DataFrame | PathLike | None = None,
    wide: bool = False,
    anonymise: bool = False,
    jobs: int = 1,
    dask: str | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Merged:
    """Read a study and write it as one table, with the files table and the sidecars beside it.

    Parameters
    ----------
    source : path, sequence of paths, or DataFrame
        A SUBJECTS_DIR or anything else that `find_stats` takes, or a files table.
    out : path
        Where to, on this machine or in a bucket (``s3://…``): ``.parquet``, ``.csv`` or ``.tsv``; or a folder of
        Parquet parts, with a slash at its end. For ``cohort.parquet`` the files table is ``cohort.files.parquet``,
        and the sidecars ``cohort.json`` and ``cohort.files.json``.
    subjects, sources, measures : collection of str, optional
        Only these.
    participants : DataFrame or path, optional
        Columns to add to every row, by `join`. Subjects without a match stay, with missing values.
    wide : bool
        Write one row per subject instead of one per value.
    anonymise : bool
        Leave out of all that is written which machine and user processed the study, where and when: files are named
        by their path within `source` (with a number in front if there are several), and what stood in a file is no
        longer quoted. The subjects keep their names, and participants' columns are as you give them. Nothing is
        remembered beside the table, so the next merge reads everything; only while it runs, or after it was stopped,
        is there the hidden folder that the notes tell of.
    jobs : int
        Processes that read subjects at the same time on this machine; 0 for one a processor.
    dask : str, optional
        The address of a Dask scheduler (``tcp://host:8786``), or the file that it wrote, whose workers read the
        subjects instead. They must see `source` and the folder of `out` under the same names.
    executor : Executor, optional
        Any other executor of `concurrent.futures` that reads the subjects.
    progress : callable, optional
        Called as ``progress(files done, files in all)`` now and then, and after the last file.

    Returns
    -------
    Merged
        The account of the files; ``.table`` reads the table back.

    Raises
    ------
    NothingFoundError
        If there is no subject, or no value of the measures asked for.
    UnknownNameError
        If a source, a measure or the suffix does not exist.
    OSError
        If it cannot be written; then older files of these names are as they were, but for a folder in a bucket
        whose server stops to answer while its parts are replaced, one by one. The next merge sets it right.

    Warns
    -----
        If subjects and participants do not match (all are named), or a measure is not in every subject.

    Notes
    -----
    Rows go by blocks of 500 subjects, in a block by kind of file, in a kind by subject; how many jobs there are
    changes nothing. In Parquet each kind of file of a block is a row group.

    A merge that is stopped goes on where it was when it is called again, and one into Parquet that was made before
    reads only files that are new or changed (by time and size; all of them if the version or the measures are
    others). If nothing has changed, the table stays. What is remembered for this lies in hidden folders beside
    `out` (``.cohort.parquet.partial``, ``.cohort.parquet.ledgers``), which may be removed. With `participants` or
    `wide` all is read each time, into memory.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     root = make_cohort(pathlib.Path(folder, "subjects"), n_subjects=2, seed=1).root
    ...     cohort = merge(root, pathlib.Path(folder, "cohort.parquet"))
    ...     sorted(path.name for path in pathlib.Path(folder).glob("cohort*"))
    ['cohort.files.json', 'cohort.files.parquet', 'cohort.json', 'cohort.parquet']
    """
    target = target_of(out)
    require_target(target)
    asked = _asked(source, subjects, sources, measures)
    in_batches = not wide and participants is None
    if in_batches and not anonymise and (said := standing(target, asked)) is not None:
        _warn(said["gaps"])
        return Merged(target.table, read_table(target.files), said["n_rows"])
    survey = surveyed(source, subjects, sources)
    if not in_batches:
        people = read_table(participants) if isinstance(participants, str | os.PathLike) else participants
        return _merge_whole(
            source, target, survey.files, measures, people, wide=wide, anonymise=anonymise, progress=progress
        )
    plan = plan_of(survey.files, subjects=subjects, sources=sources, measures=measures)
    with executor_for(jobs, executor, dask) as workers, locked(target) as require_own:
        start(target, key_of(plan.wanted.measures), survey.footprint)
        del survey
        pa.default_memory_pool().release_unused()
        return _merge_in_batches(
            source, target, plan, asked, require_own, anonymise=anonymise, executor=workers, progress=progress
        )


def merge_part(
    source: StudySource,
    out: PathLike,
    part: tuple[int, int],
    *,
    subjects: Collection[str] | None = None,
    sources: Collection[str] | None = None,
    measures: Collection[str] | None = None,
    progress: Progress | None = None,
) -> int:
    """Read one part of a study for a merge into `out`, as one job of many; a `merge` without part then finishes it.

    Jobs may run at the same time on any machines that see the study and the folder of `out`, in any order. What
    they have read waits in a hidden folder beside `out`. `merge` reads only what no job has read.

    Parameters
    ----------
    source : path, sequence of paths, or DataFrame
        As `merge` has it, and the same for all jobs; so are the others.
    out : path
        The table that `merge` will write.
    part : tuple of int
        Which part, counted from 1, of how many.
    subjects, sources, measures : collection of str, optional
        Only these.
    progress : callable, optional
        Called as ``progress(files done, files in all)`` now and then, and after the last file.

    Returns
    -------
    int
        How many files the part has.

    Raises
    ------
    ValueError
        If there is no such part.

    See Also
    --------
    merge : Puts the parts together.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     root = make_cohort(pathlib.Path(folder, "subjects"), n_subjects=2).root
    ...     out = pathlib.Path(folder, "cohort.parquet")
    ...     n_files = sum(merge_part(root, out, (i, 2)) for i in (1, 2))
    ...     n_files == len(merge(root, out).files)
    True
    """
    number, n_parts = part
    if not 1 <= number <= n_parts:
        message = f"expected a part from 1 to how many there are, found {number}/{n_parts}"
        raise ValueError(message)
    target = target_of(out)
    require_target(target)
    survey = surveyed(source, subjects, sources)
    plan = plan_of(survey.files, subjects=subjects, sources=sources, measures=measures)
    return read_part(plan, target, part, progress)


def _asked(source: StudySource, *names: Collection[str] | None) -> object:
    """Put what was asked for into words that can be compared; None if it is a table and not folders."""
    if isinstance(source, pd.DataFrame):
        return None
    chosen = [None if some is None else sorted(listed(some)) for some in names]
    roots = [root if "://" in root else os.path.abspath(root) for root in _roots(source)]  # noqa: PTH100 - keeps '..'
    return [roots, *chosen]


def _roots(source: StudySource) -> list[str]:
    """Give the folders that a user named; none if it was a table."""
    if isinstance(source, pd.DataFrame):
        return []
    return [os.fspath(root) for root in ([source] if isinstance(source, str | os.PathLike) else source)]


def _merge_whole(
    source: StudySource,
    target: Target,
    files: pd.DataFrame,
    measures: Collection[str] | None,
    people: pd.DataFrame | None,
    *,
    wide: bool,
    anonymise: bool,
    progress: Progress | None,
) -> Merged:
    """Merge what has to be in memory as a whole: one row a subject, or with columns of the participants."""
    if people is not None:
        identified(files[["subject", "session"]], people)
    batches, account = read_study(files, measures=measures, progress=progress)
    table, files = table_of(batches), account.files()
    _require_values(measures, len(table), len(files))
    _warn(gaps(files, holders_of(table, measures)))
    table = table if people is None else join(table, people, unmatched="keep")
    table = to_wide(table) if wide else table
    files = anonymous(files, _roots(source)) if anonymise else files
    provenance = _provenance(None if anonymise else _roots(source), files, account.names_found())
    write_tables({target.files: files, target.table: table}, provenance=provenance)
    if anonymise:
        forget(target)
    return Merged(target.table, files, len(table))


def _merge_in_batches(
    source: StudySource,
    target: Target,
    plan: Plan,
    asked: object,
    require_own: Callable[[], None],
    *,
    anonymise: bool,
    executor: Executor | None,
    progress: Progress | None,
) -> Merged:
    """Merge batch by batch: nothing grows with the cohort but the account of its files."""
    folder = target.partial / "table"
    outputs = target.outputs[:-1] if target.is_folder else target.outputs
    with replacing(outputs, within=target.partial) as (files_json, files_table, table_json, *table):
        written, sink = write_batches(plan, target, table[0] if table else folder, executor, progress)
        pa.default_memory_pool().release_unused()  # what the batches took; the files table comes on top of it
        _require_still_there(source, plan.files)
        require_known(written.account, plan.wanted.sources, plan.wanted.measures)
        _require_values(plan.wanted.measures, written.n_rows, len(plan.files))
        written.account.note_lacking()
        names = written.account.names_found()  # before the files table is there, for it takes some memory too
        files = written.account.files()
        files = anonymous(files, _roots(source)) if anonymise else files
        provenance = _provenance(None if anonymise else _roots(source), files, names)
        described, files_described = (description_of(one, provenance) for one in (written.sample(), files))
        sink.close(json.dumps(described).encode())
        write_sidecar(described, table_json)
        write_sidecar(files_described, files_json)
        write_whole(files, files_table, target.suffix, files_described)
        require_own()
    if target.is_folder:
        place_folder(target, folder)
    lacking = gaps(files, written.holders())
    if anonymise:
        forget(target)
    else:
        said = {"gaps": lacking, "n_rows": written.n_rows}
        finish(target, key_of(plan.wanted.measures), asked=asked, groups=written.groups, said=said)
    _warn(lacking)
    return Merged(target.table, files, written.n_rows)


def _require_still_there(source: StudySource, files: pd.DataFrame) -> None:
    """Raise if nothing is left of a folder: a disk that went away must not empty a table that was full."""
    found = files.loc[~files["status"].isin(NOT_READ) & files["path"].notna(), "path"]
    found = found[~found.str.contains("://", regex=False)]
    for root in _roots(source) or [""]:
        start = printable(os.path.abspath(root)) if root else ""  # noqa: PTH100 - keeps '..'
        own = found[found.str.startswith(start)]
        if len(own) and not any(os.path.exists(path) for path in own):  # noqa: PTH110 - Path.exists raises where closed
            raise FileNotFoundError(errno.ENOENT, "it went away while it was read", root or own.iloc[0])


def _require_values(measures: Collection[str] | None, n_rows: int, n_files: int) -> None:
    if measures is not None and not n_rows:
        names = ", ".join(sorted(listed(measures)))
        message = f"no value of {names} in {n_files} files; nothing was written"
        raise NothingFoundError(message)


def _warn(texts: list[str]) -> None:
    for text in texts:
        warn(text)


def _provenance(roots: Sequence[str] | None, files: pd.DataFrame, names: Mapping[str, object]) -> dict[str, object]:
    """Tell where the values come from: folders, tools and versions, how many subjects and files, and former names.

    No roots stand for a study that is not to be known by its folders.
    """
    used = files.loc[files["n_values"] > 0, [*SUBJECT_KEY, "tool", "version"]]
    tools = used[["tool", "version"]].drop_duplicates().sort_values(["tool", "version"])
    return {
        **({"Anonymised": True} if roots is None else {"Sources": [printable(root) for root in roots]}),
        "Tools": [" ".join(part for part in row if pd.notna(part)) for row in tools.itertuples(index=False)],
        "NumberOfSubjects": len(used.drop_duplicates(list(SUBJECT_KEY))),
        "NumberOfFiles": len(used),
        **({"NamesFound": names} if names else {}),
    }
