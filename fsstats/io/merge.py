"""The main job: a study in, one file and the account of it out."""

import os
import warnings
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from fsstats._frames import one_or_more, printable
from fsstats.errors import FsstatsWarning, NothingFoundError
from fsstats.io._study import Progress
from fsstats.io.files import read_table, require_places, write_tables
from fsstats.io.load import Cohort, StudySource, gaps, load_cohort, study_files
from fsstats.schema import SUBJECT_KEY
from fsstats.tables.join import identified, join
from fsstats.tables.shape import to_wide

PathLike = str | os.PathLike[str]


def merge(
    source: StudySource,
    out: PathLike,
    *,
    subjects: Collection[str] | None = None,
    sources: Collection[str] | None = None,
    measures: Collection[str] | None = None,
    participants: pd.DataFrame | PathLike | None = None,
    wide: bool = False,
    progress: Progress | None = None,
) -> Cohort:
    """Read a study and write it as one table, with the files table and the sidecars beside it.

    Parameters
    ----------
    source : path, sequence of paths, or DataFrame
        A SUBJECTS_DIR or anything else that `find_stats` takes, or a files table.
    out : path
        Where to: ``.parquet``, ``.csv`` or ``.tsv``. For ``cohort.parquet`` the files table is
        ``cohort.files.parquet``, and the sidecars ``cohort.json`` and ``cohort.files.json``.
    subjects, sources, measures : collection of str, optional
        Only these.
    participants : DataFrame or path, optional
        Columns to add to every row, by `join`. Subjects without a match stay, with missing values.
    wide : bool
        Write one row per subject instead of one per value.
    progress : callable, optional
        Called as ``progress(files done, files in all)``.

    Returns
    -------
    Cohort
        What was written.

    Raises
    ------
    NothingFoundError
        If there is no subject, or no value of the measures asked for.
    UnknownNameError
        If a source, a measure or the suffix does not exist.
    OSError
        If it cannot be written; then older files of these names are as they were.

    Warns
    -----
        If subjects and participants do not match (all are named), or a measure is not in every subject.

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
    path = Path(out)
    require_places([path])
    beside = path.with_name(f"{path.stem}.files{path.suffix}")
    require_places([beside])
    files = study_files(source, subjects, sources)
    people = read_table(participants) if isinstance(participants, str | os.PathLike) else participants
    if people is not None:
        identified(files[["subject", "session"]], people)
    cohort = load_cohort(files, measures=measures, progress=progress)
    if measures is not None and not len(cohort.table):
        message = f"no value of {', '.join(one_or_more(measures) or ())} in {len(files)} files; nothing was written"
        raise NothingFoundError(message)
    for text in gaps(cohort, measures):
        warnings.warn(text, FsstatsWarning, stacklevel=2)
    table = cohort.table if people is None else join(cohort.table, people, unmatched="keep")
    table = to_wide(table) if wide else table
    write_tables({beside: cohort.files, path: table}, provenance=_provenance(source, cohort))
    return Cohort(table, cohort.files)


def _provenance(source: StudySource, cohort: Cohort) -> dict[str, object]:
    """Tell where the values come from: folders, tools and versions, how many subjects and files."""
    used = cohort.files[cohort.files["n_values"] > 0]
    tools = used[["tool", "version"]].drop_duplicates().sort_values(["tool", "version"])
    roots = [] if isinstance(source, pd.DataFrame) else [source] if isinstance(source, str | os.PathLike) else source
    return {
        "Sources": [printable(os.fspath(root)) for root in roots],
        "Tools": [" ".join(part for part in row if pd.notna(part)) for row in tools.itertuples(index=False)],
        "NumberOfSubjects": len(used.drop_duplicates(list(SUBJECT_KEY))),
        "NumberOfFiles": len(used),
    }
