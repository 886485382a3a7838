"""From folders to the files table."""

import os
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import pandas as pd

from fsstats._frames import composed, one_or_more, printable, some_of
from fsstats.discovery._rows import NOBODY, Rows, Whose, row_of
from fsstats.discovery.collect import GROUP_TABLE, collect
from fsstats.discovery.footprint import Footprint, Notes
from fsstats.discovery.meanings import ON_REQUEST, Told
from fsstats.discovery.subjects import LeftOut
from fsstats.discovery.table import TEXT, files_table
from fsstats.discovery.walk import MAX_DEPTH, recognised_table
from fsstats.errors import NothingFoundError, wording
from fsstats.places import Place
from fsstats.places import place as place_at
from fsstats.schema import identify, is_of, unknown_source

PathLike = str | os.PathLike[str]
_TABLES: Final = (".parquet", ".csv", ".tsv", ".xlsx", ".xls", ".ods")


def find_stats(
    roots: PathLike | Sequence[PathLike],
    *,
    subjects: Collection[str] | None = None,
    sources: Collection[str] | None = None,
) -> pd.DataFrame:
    """List the stats files of a study, and those that ought to be there.

    Parameters
    ----------
    roots : path or sequence of paths
        SUBJECTS_DIRs, BIDS derivatives, FSL's outputs, folders of such folders (down to five levels), single
        subjects, single files, tables of many subjects; or archives (``.zip``, ``.tar.gz``) and URLs (``s3://``,
        ``https://``) of any of these.
    subjects : collection of str, optional
        Only these subjects, by folder name or by subject label.
    sources : collection of str, optional
        Only these kinds of file, such as ``aseg`` or ``aparc``.

    Returns
    -------
    DataFrame
        The files table: one row per file that was found or ought to be there, and one with
        status ``skipped`` for each folder that was left out. Files are not opened yet, so
        their status is ``found``; `check` and `load_cohort` read them and fill in the rest.

    Raises
    ------
    NothingFoundError
        If there is no subject; the message says where it looked.

    Notes
    -----
    ``<time point>.long.<base>`` gives subject, session and stream ``long``; its base has stream
    ``base``, and its cross-sectional run gets the same subject and session. With BIDS names
    (``sub-01_ses-1.long.sub-01``) these are ``sub-01`` and ``ses-1``; otherwise the base's name is the
    subject and the time point's name the session.

    A file ought to be there if more than half of the subjects that were processed alike (tool, first
    number of the version, stream) have it, or the other one of two, or if its other hemisphere is there.
    A folder is a subject by what it holds, ``stats/*.stats`` or both ``mri`` and ``surf``, whatever it is called.
    Folders that lie too deep have one row, with the reason; `problems` makes it a warning.

    A link to a subject that is found under its own name too is left out. Kinds of file that are read only on
    request (`sources`) have status ``skipped``, and so have tables of many subjects that lie beside subjects.

    Files in no FreeSurfer subject belong to whom a BIDS or UK Biobank name says, in the file's name or a
    folder's; else to the prefix that the user gave (``Subj001_output_all_fast_firstseg.nii.gz``), else to the
    nearest folder whose name says more than what was done. Several outputs of one program for one subject are
    told apart by their prefix, behind the source (``bet.T1_brain``).

    Examples
    --------
    >>> import tempfile
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = find_stats(make_cohort(folder, n_subjects=3, seed=1).root)
    >>> files.loc[files["source"] == "aseg", ["subject", "source", "version", "status", "state"]].reset_index(drop=True)
       subject source version status state
    0  sub-001   aseg   7.4.1  found  done
    1  sub-002   aseg   7.4.1  found  done
    2  sub-003   aseg   7.4.1  found  done
    """
    return survey(roots, subjects=subjects, sources=sources).files


@dataclass(frozen=True, slots=True)
class Survey:
    """A study as it was found."""

    files: pd.DataFrame
    """The files table."""
    footprint: Footprint | None
    """The marks of all that the table depends on; None if something lay on a server, where that cannot be told."""


def survey(
    roots: PathLike | Sequence[PathLike],
    *,
    subjects: Collection[str] | None = None,
    sources: Collection[str] | None = None,
    asked_for: bool = False,
) -> Survey:
    """List the stats files of a study as `find_stats` does, with what the list depends on.

    Parameters
    ----------
    roots, subjects, sources
        As `find_stats` has them.
    asked_for : bool
        Leave out the files that are read only if `sources` names them, and were not named.

    Returns
    -------
    Survey
        The files table, and the marks of the folders, lists and archives that it was made from. The stats
        files are not among them, since they are not read yet.

    Raises
    ------
    NothingFoundError
        If there is no subject.
    """
    given = _given(roots)
    folders, single = _roots(given)
    notes = Notes()
    rows, left_out = collect(folders, single, notes)
    if not rows:
        raise NothingFoundError(_nothing([*folders, *single], left_out))
    if asked_for and subjects is None and sources is None:  # sooner than below, where it would take a second table
        rows = [some._replace(files=_due(tuple(some.files))) for some in rows]
    files = files_table(rows + [_left_out(item) for item in left_out])
    files = select_files(files, subjects=subjects, sources=sources, place=", ".join(given))
    if asked_for and (files["problem"] == ON_REQUEST).any():
        files = files[files["problem"] != ON_REQUEST].reset_index(drop=True)
    return Survey(files, notes.footprint)


@lru_cache(maxsize=64)  # nearly all subjects have the same files
def _due(files: tuple[Told, ...]) -> tuple[Told, ...]:
    return tuple(file for file in files if file.problem != ON_REQUEST)


def select_files(
    files: pd.DataFrame,
    *,
    subjects: Collection[str] | None = None,
    sources: Collection[str] | None = None,
    place: str = "the files table",
) -> pd.DataFrame:
    """Keep the rows of some subjects and sources; rows that have neither (left-out folders) stay.

    A subject that nobody is gets a row with status ``missing``; a source that does not exist is an error.
    """
    subjects, sources = one_or_more(subjects), one_or_more(sources)
    if subjects is None and sources is None:
        return files.reset_index(drop=True)
    keep = pd.Series(data=True, index=files.index)
    if sources is not None:
        chosen_sources = _chosen(sources, files["source"].dropna().unique())
        keep &= files["source"].isin(chosen_sources) | files["source"].isna() | (files["source"] == GROUP_TABLE)
        files = _as_asked_for(files, chosen_sources)
    if subjects is None:
        return files[keep].reset_index(drop=True)
    wanted = {composed(name): name for name in subjects}
    names, folders = (files[column].map(composed, na_action="ignore") for column in ("subject", "directory"))
    there = {*names, *folders}
    unknown = [_not_found(name, place) for plain, name in wanted.items() if plain not in there]
    borne = names.isin(wanted) | folders.isin(wanted)
    chosen = files[keep & (borne | files["subject"].isna())]
    return pd.concat([chosen, files_table(unknown)], ignore_index=True) if unknown else chosen.reset_index(drop=True)


def _given(roots: PathLike | Sequence[PathLike]) -> list[str]:
    given = [roots] if isinstance(roots, str | os.PathLike) else list(roots or ())
    if not given or not all(os.fspath(root) for root in given):
        message = "no folder was given: name a SUBJECTS_DIR, a subject or a stats file (is $SUBJECTS_DIR set?)"
        raise NothingFoundError(message)
    return [os.path.expanduser(os.fspath(root)) for root in given]  # noqa: PTH111 - keeps the way it is written


def _roots(given: Sequence[str]) -> tuple[list[Place], list[Place]]:
    """Give the folders (an archive is one) and the single files among what the user named."""
    absolute = [root if "://" in root else os.path.abspath(root) for root in given]  # noqa: PTH100 - keeps '..'
    _require_local([Path(root) for root in absolute if "://" not in root])
    places = [place_at(root) for root in absolute]
    single = [one for one in places if not one.is_dir()]
    absent = [str(one) for one in single if not one.exists()]
    if absent:
        message = f"no such file or folder: {printable(', '.join(absent))}"
        raise NothingFoundError(message)
    return [one for one in places if one not in single], single


def _require_local(paths: list[Path]) -> None:
    absent = [str(path) for path in paths if not os.path.exists(path)]  # noqa: PTH110 - Path.exists raises where closed
    if absent:
        message = f"no such file or folder: {printable(', '.join(absent))}"
        raise NothingFoundError(message)
    for path in paths:
        if path.suffix in _TABLES and path.is_file() and not (identify(str(path)) or recognised_table(path, Notes())):
            expected = "a folder of subjects, a stats file or a table of many subjects"
            text = wording(expected=expected, found="a table of another kind", hint="Read it with read_table")
            raise NothingFoundError(f"{path}: {text}")


def _nothing(paths: list[Place], left_out: list[LeftOut]) -> str:
    """Say where was looked, for what, and what was passed over."""
    places = ", ".join(map(str, paths))
    beside = "; ".join(f"{item.path}: {item.reason}" for item in left_out[:10])
    message = (
        f"no processed subject in {places}, nor {MAX_DEPTH} levels below: expected folders that hold "
        f"stats/*.stats, as recon-all and run_fastsurfer.sh make them in SUBJECTS_DIR, or files of a known name, "
        f"found {some_of(_names_in(paths)) or 'nothing'}"
    )
    return printable(f"{message}; left out: {beside}" if beside else message)


def _names_in(paths: Iterable[Place]) -> list[str]:
    """Name what is in folders, as far as they are open to us."""
    names: list[str] = []
    for path in paths:
        with suppress(OSError):
            names += sorted(child.name for child in path.iterdir() if child.name[0] != ".")
    return names


def _chosen(names: Collection[str], present: Iterable[str]) -> set[str]:
    """Give the sources that are meant: by their own name, or all variants by the name of their family."""
    present = set(present)
    found = {name: {source for source in present if is_of(source, name)} for name in names}
    for name, meant in found.items():
        if not meant and GROUP_TABLE not in present:  # what a table of many subjects holds is known when it is read
            raise unknown_source(name, present)
    return {source for meant in found.values() for source in meant}


def _as_asked_for(files: pd.DataFrame, sources: Collection[str]) -> pd.DataFrame:
    """Have files read that are only read on request."""
    asked = files["source"].isin(sources) & (files["problem"] == ON_REQUEST)
    return files.assign(status=files["status"].mask(asked, "found"), problem=files["problem"].mask(asked).astype(TEXT))


def _not_found(name: str, place: str) -> Rows:
    problem = f"no subject of that name in {place}"
    return row_of(Whose(subject=name, directory=name), "", None, "missing", problem)


def _left_out(item: LeftOut) -> Rows:
    return row_of(NOBODY, str(item.path), None, item.status, item.reason)
