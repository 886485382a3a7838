"""From folders to the files table: the only place that walks."""

import os
import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from fsstats.discovery.expected import missing_files
from fsstats.discovery.state import State, state_of
from fsstats.discovery.subjects import MAX_DEPTH, TEMPLATES, LeftOut, Subject, find_subjects
from fsstats.errors import NothingFoundError, UnknownNameError
from fsstats.schema import FILES, identify

PathLike = str | os.PathLike[str]
Record = dict[str, object]
_TEXT: Final = pd.StringDtype(na_value=float("nan"))


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
        SUBJECTS_DIRs, BIDS derivatives, folders of such folders (down to four
        levels), single subjects, or single ``.stats`` files.
    subjects : collection of str, optional
        Only these subjects, by folder name or by subject label.
    sources : collection of str, optional
        Only these kinds of file, such as ``aseg`` or ``aparc``.

    Returns
    -------
    DataFrame
        The files table: one row a file that was found or ought to be there, and one with
        status ``skipped`` for each folder that was left out. Files are not opened yet, so
        their status is ``found``; `check` and `load_cohort` read them and fill in the rest.

    Raises
    ------
    NothingFoundError
        If there is no subject; the message says where was looked.

    Notes
    -----
    ``<time point>.long.<base>`` gives subject, session and stream ``long``; its base has stream
    ``base``, and its cross-sectional run gets the same subject and session. With BIDS names
    (``sub-01_ses-1.long.sub-01``) these are ``sub-01`` and ``ses-1``; otherwise the base's name is the
    subject and the time point's name the session.

    A file ought to be there if more than half of the subjects that were processed alike (tool, first
    number of the version, stream) have it, or if its other hemisphere is there.

    Examples
    --------
    >>> import tempfile
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = find_stats(make_cohort(folder, n_subjects=3, seed=1).root)
    >>> files.loc[files["source"] == "aseg", ["subject", "source", "version", "status", "state"]]
        subject source version status state
    0   sub-001   aseg   7.4.1  found  done
    17  sub-002   aseg   7.4.1  found  done
    34  sub-003   aseg   7.4.1  found  done
    """
    paths = [Path(root) for root in ([roots] if isinstance(roots, str | os.PathLike) else roots)]
    records: list[Record] = []
    left_out: list[LeftOut] = []
    people: list[tuple[Subject, State]] = []
    for path in paths:
        if path.is_file():
            records.append(_record(_subject_of_file(path), State("FreeSurfer", None, None), path))
            continue
        found, beside = find_subjects(path)
        left_out += beside
        people += [(subject, state_of(subject.path)) for subject in found]
    _require_some(paths, people, records, left_out)
    people, unknown = _choose(people, subjects)
    found_files = [(subject, state, list(_files_of(subject, state))) for subject, state in people]
    records += [record for _, _, files in found_files for record in files]
    records += missing_files(found_files)
    _require_sources(sources, records)
    records = [record for record in records if sources is None or record["source"] in sources]
    records += [_not_found(name, paths) for name in unknown] + [_left_out(item) for item in left_out]
    return _files_table(records)


def _files_table(records: list[Record]) -> pd.DataFrame:
    table = pd.DataFrame(records, columns=list(FILES))
    order = table.assign(last=table["subject"].isna())
    order = order.sort_values(["last", "subject", "session", "stream", "source", "hemi"], kind="stable", na_position="first")
    table = table.loc[order.index].reset_index(drop=True)
    texts = [column for column in FILES if column != "n_values"]
    return table.astype({**dict.fromkeys(texts, _TEXT), "n_values": "int64"})


def _require_some(
    paths: list[Path], people: list[tuple[Subject, State]], records: list[Record], left_out: list[LeftOut]
) -> None:
    absent = [str(path) for path in paths if not path.exists()]
    if absent:
        message = f"no such file or folder: {', '.join(absent)}"
        raise NothingFoundError(message)
    if people or records:
        return
    places = ", ".join(map(str, paths))
    beside = f"; left out: {', '.join(item.path.name for item in left_out[:10])}" if left_out else ""
    message = (
        f"no processed subject in {places}, nor {MAX_DEPTH} levels below: expected folders that hold "
        f"stats/*.stats, as recon-all and run_fastsurfer.sh make them in SUBJECTS_DIR{beside}"
    )
    raise NothingFoundError(message)


def _choose(
    people: list[tuple[Subject, State]], names: Collection[str] | None
) -> tuple[list[tuple[Subject, State]], list[str]]:
    """Keep the named subjects; give the names that nobody bears as well."""
    if names is None:
        return people, []
    wanted = set(names)
    kept = [(subject, state) for subject, state in people if wanted & {subject.subject, subject.directory}]
    borne = {name for subject, _ in kept for name in (subject.subject, subject.directory)}
    return kept, [name for name in dict.fromkeys(names) if name not in borne]


def _require_sources(sources: Collection[str] | None, records: list[Record]) -> None:
    present = {str(record["source"]) for record in records}
    for name in sources or ():
        if name not in present:
            raise UnknownNameError.among("source", name, present)


def _subject_of_file(path: Path) -> Subject:
    folder = path.resolve().parent
    return Subject(folder.parent if folder.name == "stats" else folder, (folder.parent if folder.name == "stats" else folder).name)


def _files_of(subject: Subject, state: State) -> Iterator[Record]:
    try:
        with os.scandir(subject.path / "stats") as entries:
            names = sorted(entry.name for entry in entries)
    except OSError:
        return
    for name in names:
        if name.endswith(".stats") and not name.startswith("."):
            yield _record(subject, state, subject.path / "stats" / name)


def _record(subject: Subject, state: State, path: Path) -> Record:
    source, hemi = identify(path.name) or (path.stem, None)
    problem = _why_unreadable(path)
    return {
        "path": _printable(str(path)),
        "subject": _printable(subject.subject),
        "session": subject.session,
        "stream": subject.stream,
        "source": _printable(source),
        "hemi": hemi,
        "tool": state.tool,
        "version": state.version,
        "status": "unreadable" if problem else "found",
        "problem": problem,
        "directory": _printable(subject.directory),
        "state": state.state,
        "n_values": 0,
    }


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _why_unreadable(path: Path) -> str | None:
    if _printable(str(path)) != str(path):
        return "the file's name is not UTF-8 (shown with \\x codes); rename it"
    try:
        mode = path.stat().st_mode
    except OSError as error:
        link = f" (a link to {os.readlink(path)})" if path.is_symlink() else ""
        return f"{error.strerror}{link}"
    if stat.S_ISDIR(mode):
        return "expected a file, found a folder of that name"
    return None if stat.S_ISREG(mode) else "expected a file, found a device, pipe or socket"


def _not_found(name: str, paths: Iterable[Path]) -> Record:
    problem = f"no subject of that name in {', '.join(map(str, paths))}"
    return {"subject": name, "directory": name, "status": "missing", "problem": problem, "n_values": 0}


def _left_out(item: LeftOut) -> Record:
    reason = "a template that FreeSurfer ships" if TEMPLATES.match(item.path.name) else item.reason
    return {"path": _printable(str(item.path)), "status": "skipped", "problem": reason, "n_values": 0}
