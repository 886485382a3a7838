"""Every table that FreeSurfer's scripts could make of a study or of a merged table, in one pass."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from fsstats._frames import listed
from fsstats.errors import TableError, warn
from fsstats.io._replace import replacing
from fsstats.io._stores import PathLike, path_here
from fsstats.io._study import Progress
from fsstats.io.cohorts import is_merged, read_cohort
from fsstats.io.files import read_table
from fsstats.io.load import StudySource, read_study
from fsstats.schema import GLOBAL, SUBJECT_KEY
from fsstats.tables._alike import Alike, Person, alike_of, folders_of, names_of, run_names, side_of_file, sides_of
from fsstats.tables.assemble import Names, Run, as_frame, columns_of, segids_of
from fsstats.tables.freesurfer import (
    APARC_WORDS,
    ASEG_WORDS,
    AparcTable,
    AsegTable,
    Spec,
    Tabulated,
    tabulate,
    text_of,
    zeros_of,
)


class FilesOfKind(NamedTuple):
    """All files of one source and side."""

    source: str
    hemi: str | None
    files: list[Alike]
    rows: list[str]
    """The names of their subjects' folders."""


@dataclass(frozen=True, slots=True)
class WrittenTables:
    """What `write_freesurfer_tables` wrote.

    Attributes
    ----------
    paths : list of Path
        The tables, in the order of their names.
    files : DataFrame or None
        The files table, if a study was read.
    left_out : list of str
        Sources without a structure that such a table could show.
    """

    paths: list[Path]
    files: pd.DataFrame | None
    left_out: list[str]


def write_freesurfer_tables(
    source: StudySource,
    folder: PathLike,
    *,
    subjects: Collection[str] | None = None,
    sources: Collection[str] | None = None,
    missing: str = "zero",
    current_names: bool = False,
    delimiter: str = "tab",
    progress: Progress | None = None,
) -> WrittenTables:
    """Write every table that ``asegstats2table`` and ``aparcstats2table`` can make of a study, one a measure and file.

    Parameters
    ----------
    source : path, sequence of paths, or DataFrame
        A study as `load` takes it; a table that `merge` wrote; or a long table.
    folder : path
        Where to; made if needed. The tables are called ``aseg.volume.tsv``, ``lh.aparc.thickness.tsv``.
    subjects, sources : collection of str, optional
        Only these subjects, and only these kinds of file.
    missing : {"zero", "nan"}
        What stands where there is no value: 0.0, as the scripts print it, with a warning; or nan.
    current_names : bool
        Call structures as current FreeSurfer does, whatever version wrote a file: where versions are mixed, one column
        holds what would else be two.
    delimiter : {"tab", "comma", "space", "semicolon"}
        What stands between cells.
    progress : callable, optional
        Called as ``progress(files done, files in all)`` now and then, and after the last file.

    Returns
    -------
    WrittenTables
        The paths, the account of the files, and what no such table could show.

    Raises
    ------
    NothingFoundError
        If there is no subject.
    TableError
        If nothing is there to be shown.

    Warns
    -----
        If zeros were written for values that are missing.

    Notes
    -----
    Every structure that any subject has is a column (``--all-segs``). Sources whose structures have a thickness are
    arranged as ``aparcstats2table`` does, all others as ``asegstats2table``.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = make_cohort(pathlib.Path(folder, "subjects"), n_subjects=2, seed=1)
    ...     written = write_freesurfer_tables(made.root, f"{folder}/tables", sources=["aseg"], missing="nan")
    ...     [path.name for path in written.paths]
    ['aseg.max.tsv', 'aseg.mean.tsv', 'aseg.nvoxels.tsv', 'aseg.std.tsv', 'aseg.volume.tsv']
    """
    files = None
    if isinstance(source, pd.DataFrame) and "measure" in source.columns:
        kinds = [*_kinds_in(_chosen(source, subjects, sources), {})]
    elif isinstance(source, str | Path) and is_merged(source):
        kinds = [*_kinds_of_merged(source, subjects, sources)]
    else:
        batches, account = read_study(source, subjects=subjects, sources=sources, progress=progress)
        files = account.files()
        kinds = [*_kinds((run for batch in batches for _, own in batch.runs() for run in own), folders_of(files))]
    if current_names:
        kinds = [kind._replace(files=[_renamed(one) for one in kind.files]) for kind in kinds]
    specs = [(kind, spec) for kind in kinds for spec in specs_of(kind)]
    if not specs:
        message = "no structure was found that a table could show"
        raise TableError(message)
    shown = {kind.source for kind, _ in specs}
    made = {_name(spec): tabulate(kind.files, kind.rows, spec, missing=missing) for kind, spec in specs}
    filled = [one for one in made.values() if missing == "zero" and one.filled.any()]
    if filled:
        more = f" (and in {len(filled) - 1} more tables)" if len(filled) > 1 else ""
        warn(zeros_of(filled[0]) + more)
    left_out = sorted({kind.source for kind in kinds} - shown)
    return WrittenTables(_written(made, path_here(folder), delimiter), files, left_out)


def _kinds(runs: Iterable[Run], folders: Mapping[Person, str]) -> Iterator[FilesOfKind]:
    """Put the files of each kind and side together, those that are alike as one array."""
    found: dict[tuple[str, str | None], list[Run]] = {}
    for run in runs:
        source = str(run.who["source"][0])
        found.setdefault((source, side_of_file(source, run.layout)), []).append(run)
    for (source, hemi), own in found.items():
        people = [who for run in own for who in _people(run)]
        if len(set(people)) == len(people) and all(run.chosen is None for run in own):
            files = _by_layout(own)
        else:  # several files a subject, or values that were left out
            names = Names()
            long = as_frame([columns_of(own, names, details=True)], names, segids_of(own))
            files, people = alike_of(long, source, None, needed_by="write_freesurfer_tables")
        yield FilesOfKind(source, hemi, files, run_names(people, folders))


def _people(run: Run) -> list[Person]:
    subjects, sessions, streams = (run.who[name] for name in SUBJECT_KEY)
    return [(str(who), session, str(stream)) for who, session, stream in zip(subjects, sessions, streams, strict=True)]


def _by_layout(runs: Sequence[Run]) -> list[Alike]:
    """Give the files that share a layout as one array each; the files are counted through."""
    found: dict[int, list[tuple[int, Run]]] = {}
    start = 0
    for run in runs:
        found.setdefault(id(run.layout), []).append((start, run))
        start += len(run.values)
    return [
        Alike(
            np.concatenate([np.arange(first, first + len(run.values)) for first, run in own]),
            own[0][1].layout,
            np.concatenate([run.values for _, run in own]),
        )
        for own in found.values()
    ]


def _chosen(table: pd.DataFrame, subjects: Collection[str] | None, sources: Collection[str] | None) -> pd.DataFrame:
    """Take the rows of some subjects and sources."""
    for column, wanted in (("subject", subjects), ("source", sources)):
        if wanted is not None:
            table = table[table[column].isin(listed(wanted))]
    return table


def _kinds_of_merged(
    path: PathLike, subjects: Collection[str] | None, sources: Collection[str] | None
) -> Iterator[FilesOfKind]:
    """Read a merged table source by source: no more of it is in memory."""
    choice = {} if sources is None else {"source": sources}
    for source in read_table(path, columns=["source"], **choice)["source"].unique():
        cohort = read_cohort(path, subjects=subjects, sources=[str(source)], details=True)
        yield from _kinds_in(cohort.table, folders_of(cohort.files))


def _kinds_in(table: pd.DataFrame, folders: Mapping[Person, str]) -> Iterator[FilesOfKind]:
    """Give the files of each kind and side in a long table."""
    for source in map(str, table["source"].dropna().unique()):
        for hemi in sides_of(table, source):
            files, people = alike_of(table, source, hemi, needed_by="write_freesurfer_tables")
            yield FilesOfKind(source, hemi, files, run_names(people, folders))


def specs_of(kind: FilesOfKind) -> Iterator[Spec]:
    """Give the tables that can be made of files of one kind."""
    places = {
        (m, r != GLOBAL) for one in kind.files for m, r in zip(one.layout.measure, one.layout.region, strict=True)
    }
    measures = {measure for measure, is_structure in places if is_structure}
    if "thickness" in measures and kind.hemi is not None:
        for name, word in APARC_WORDS.items():
            if not measures.isdisjoint(word.measures):
                yield AparcTable(hemi=kind.hemi, source=kind.source, measure=name)
    else:
        for name, (_, (first, *others)) in ASEG_WORDS.items():  # an area is a volume's stand-in, but a table of its own
            if first in measures or any(other in measures and other.startswith("contrast") for other in others):
                yield AsegTable(hemi=kind.hemi, source=kind.source, measure=name, structures="all")


def _renamed(one: Alike) -> Alike:
    names = names_of(one.layout.hemi, one.layout.region, one.layout.measure)
    return one._replace(layout=replace(one.layout, name_found=tuple(names)))


def _name(spec: Spec) -> str:
    return f"{'.'.join(filter(None, [spec.hemi, spec.source, spec.measure]))}.tsv"


def _written(made: Mapping[str, Tabulated], folder: Path, delimiter: str) -> list[Path]:
    """Write tables: all of them, or none."""
    folder.mkdir(parents=True, exist_ok=True)
    names = sorted(made)
    with replacing([folder / name for name in names], durable=False) as partial:
        for name, new in zip(names, partial, strict=True):
            new.write_text(text_of(made[name], delimiter=delimiter), encoding="utf-8", newline="\n")
    return [folder / name for name in names]
