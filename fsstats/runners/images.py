"""The images of a study: found in a BIDS folder, or named in a table."""

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import pandas as pd

from fsstats._frames import as_words, composed, one_or_more, plain_rows, printable, require, some_of
from fsstats.discovery.folders import Folder, look, spot_of
from fsstats.discovery.footprint import Notes
from fsstats.discovery.subjects import BIDS
from fsstats.errors import NothingFoundError, TableError, wording
from fsstats.io import read_table
from fsstats.runners._flags import PathLike

KINDS: Final[Mapping[str, str]] = {
    "t1": "a T1-weighted image (anat/*_T1w.nii.gz)",
    "t2": "a T2-weighted image (anat/*_T2w.nii.gz)",
    "flair": "a FLAIR image (anat/*_FLAIR.nii.gz)",
    "dwi": "a diffusion-weighted image (dwi/*_dwi.nii.gz)",
    "bval": "the b-values of the diffusion-weighted image (*_dwi.bval)",
    "bvec": "the gradient directions of the diffusion-weighted image (*_dwi.bvec)",
    "fa": "a map of fractional anisotropy (in a table only)",
}
"""What a session may have, and what it is called in BIDS."""
COLUMNS: Final = ("subject", "session", *KINDS, "remark", "problem")
_IN_BIDS: Final = {"T1w": "t1", "T2w": "t2", "FLAIR": "flair", "dwi": "dwi"}
_NAME: Final = re.compile(r"^(?P<stem>.+)_(?P<kind>T1w|T2w|FLAIR|dwi)\.nii(?:\.gz)?$")
_RUN: Final = re.compile(r"_run-[^_]+")
_COLUMN: Final = re.compile(rf"(?:{'|'.join(KINDS)}|t1_\d+)")
_FORMER: Final = {"participant_id": "subject", "session_id": "session"}
_UNFIT: Final = re.compile(r"^[-.]|[/\\\0\n\r\t]|^$")


@dataclass(frozen=True, slots=True)
class Images:
    """The images of one subject, or of one session of a subject.

    Parameters
    ----------
    subject : str
        Whose they are.
    session : str or None
        When they were taken, if there are sessions.
    paths : mapping
        The file of each kind: ``t1``, ``t2``, ``flair``, ``dwi``, ``bval``, ``bvec``, ``fa``, and ``t1_2``, ``t1_3`` …
        for further runs of the T1-weighted image.
    remarks : tuple of str
        What was left out, or is doubtful.
    problem : str or None
        Why nothing can be run with them.

    Examples
    --------
    >>> one = Images("sub-01", "ses-1", {"t1": "a.nii.gz", "t1_2": "b.nii.gz"})
    >>> one.name, one.t1
    ('sub-01_ses-1', ('a.nii.gz', 'b.nii.gz'))
    """

    subject: str
    session: str | None = None
    paths: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def name(self) -> str:
        """What the subject's folder is called: ``sub-01``, or ``sub-01_ses-1``."""
        return self.subject if self.session is None else f"{self.subject}_{self.session}"

    @property
    def t1(self) -> tuple[str, ...]:
        """All runs of the T1-weighted image."""
        return tuple(path for kind, path in self.paths.items() if kind.partition("_")[0] == "t1")


def images_in(
    source: PathLike | pd.DataFrame,
    *,
    subjects: Collection[str] | None = None,
    needs: Sequence[str] = ("t1",),
    t1: str | None = None,
) -> pd.DataFrame:
    r"""List the images of a study, a row for each session of each subject.

    Parameters
    ----------
    source : path or DataFrame
        The top folder of a BIDS data set; or a table (``.tsv``, ``.csv``, ``.parquet``) with the columns ``subject``
        (or ``participant_id``), perhaps ``session`` (or ``session_id``), and ``t1``, ``t2``, ``flair``, ``dwi``,
        ``bval``, ``bvec``, ``fa`` as far as they are wanted, whose relative paths are meant from its folder. Further
        runs of a T1-weighted image stand in columns ``t1_2``, ``t1_3`` …; other columns are passed over.
    subjects : collection of str, optional
        Only these, with or without ``sub-``. One that is not there gets a row that says so.
    needs : sequence of str
        What every row must have; where it is missing, or is no file, the row has a problem.
    t1 : str, optional
        A pattern for the names of T1-weighted images in BIDS, ``*acq-mprage*``.

    Returns
    -------
    DataFrame
        subject, session, the absolute path of each kind of image (missing where there is none), ``remark`` (what is
        there too and is not used) and ``problem`` (why nothing can be run with it). It can be written as a table,
        edited, and read again.

    Raises
    ------
    NothingFoundError
        If a folder has no subjects.
    ColumnsError
        If a table has no subjects.
    TableError
        If a row of a table names nobody, or two rows are of one session.
    OSError
        If it cannot be opened.

    Notes
    -----
    In BIDS, ``derivatives``, ``sourcedata`` and ``code`` are not searched. Runs of one series (``run-1``, ``run-2``)
    belong together: recon-all averages them. Of several series (``acq-``, ``rec-``, ``ce-`` …) the one with the
    shortest description counts, and the row has a remark that names the others. b-values and directions may stand
    further up, as BIDS' principle of inheritance has it. A subject whom ``participants.tsv`` names and who has no
    folder is a row with a problem.

    Examples
    --------
    >>> import pathlib
    >>> for name in ("sub-01_run-1", "sub-01_run-2"):
    ...     path = pathlib.Path("bids", "sub-01", "anat", f"{name}_T1w.nii.gz")
    ...     path.parent.mkdir(parents=True, exist_ok=True)
    ...     _ = path.write_bytes(b"")
    >>> table = images_in("bids", subjects=["01", "02"])
    >>> [pathlib.Path(name).name for name in table.loc[0, ["t1", "t1_2"]]]
    ['sub-01_run-1_T1w.nii.gz', 'sub-01_run-2_T1w.nii.gz']
    >>> table.loc[1, ["subject", "problem"]].tolist()
    ['02', 'expected images of this subject, found none']
    """
    if isinstance(source, pd.DataFrame):
        rows = _named(source, Path.cwd(), "the table of images")
    elif Path(source).is_dir():
        rows = [*_in_bids(Path(source).absolute(), t1)]
    else:
        rows = _named(read_table(source), Path(source).absolute().parent, os.fspath(source))
    return table_of_images([_judged(row, needs) for row in _of_subjects(rows, one_or_more(subjects))])


def images_of(table: pd.DataFrame) -> list[Images]:
    """Give the rows of what `images_in` gave as values.

    Parameters
    ----------
    table : DataFrame
        As `images_in` gives it.

    Returns
    -------
    list of Images
        One a row.

    Examples
    --------
    >>> images_of(pd.DataFrame({"subject": ["sub-01"], "session": [None], "t1": ["/data/a.nii.gz"]}))[0].t1
    ('/data/a.nii.gz',)
    """
    kinds = [str(name) for name in table.columns if _COLUMN.fullmatch(str(name))]
    wanted = table.reindex(columns=["subject", "session", "remark", "problem", *kinds])
    rows = []
    for subject, session, remark, problem, *paths in plain_rows(wanted):
        named = {kind: path for kind, path in zip(kinds, paths, strict=True) if path is not None}
        rows.append(Images(subject, session, named, (remark,) if remark else (), problem))
    return rows


def table_of_images(rows: Sequence[Images]) -> pd.DataFrame:
    """Give values as the table that `images_in` gives; `images_of` is its inverse."""
    further = dict.fromkeys(kind for row in rows for kind in row.paths if kind not in KINDS)
    at = COLUMNS.index("t1") + 1
    columns = [*COLUMNS[:at], *further, *COLUMNS[at:]]
    cells = [
        {"subject": row.subject, "session": row.session, "problem": row.problem, **row.paths}
        | {"remark": printable("; ".join(row.remarks)) or None}
        for row in rows
    ]
    return pd.DataFrame({name: pd.Series([cell.get(name) for cell in cells], dtype="str") for name in columns})


def _of_subjects(rows: Iterable[Images], subjects: Collection[str] | None) -> list[Images]:
    """Choose subjects; one that is not there is a row with a problem."""
    every = [*rows]
    if subjects is None:
        return every
    wanted = {_plain(name): name for name in subjects}
    there = {_plain(row.subject) for row in every}
    problem = wording(expected="images of this subject", found="none")
    lost = [Images(name, problem=problem) for plain, name in wanted.items() if plain not in there]
    return [*(row for row in every if _plain(row.subject) in wanted), *lost]


def _plain(subject: str) -> str:
    """Write a subject's name in the one way in which it is compared."""
    return composed(subject.removeprefix("sub-"))


def _judged(row: Images, needs: Sequence[str]) -> Images:
    """Say why nothing can be run with the images of a row; nothing else is kept of one that no table can hold."""
    odd = next((text for text in (row.name, *row.paths.values()) if not _is_utf8(text)), None)
    if odd is not None:
        problem = wording(expected="names in UTF-8", found=printable(odd), hint="Rename the file or the folder")
        session = None if row.session is None else printable(row.session)
        return Images(printable(row.subject), session, problem=problem)
    if row.problem is not None:
        return row
    if _UNFIT.search(row.name):
        name = printable(row.name)
        problem = wording(expected="a name that a folder can have", found=repr(name))
    else:
        used = [path for kind, path in row.paths.items() if kind.partition("_")[0] in needs]
        lost = next((path for path in used if not Path(path).is_file()), None)
        lacking = next((KINDS[kind] for kind in needs if kind not in row.paths), None)
        if lost is None and lacking is None:
            return row
        problem = wording(expected=f"the file {lost}" if lost else f"{lacking}", found=_instead(lost))
    return replace(row, problem=problem)


def _is_utf8(text: str) -> bool:
    return not any("\udc80" <= letter <= "\udcff" for letter in text)


def _instead(path: str | None) -> str:
    """Say what stands where a file ought to be."""
    if path is None or not Path(path).is_symlink():
        return "none"
    return "a link that leads nowhere. If the images are kept by DataLad, datalad get fetches them"


def _named(table: pd.DataFrame, base: Path, where: str) -> list[Images]:
    """Take the images that a table names."""
    table = table.rename(columns={old: new for old, new in _FORMER.items() if new not in table.columns})
    require(table, ["subject"], needed_by=where)
    kinds = sorted(
        (str(name) for name in table.columns if _COLUMN.fullmatch(str(name))), key=lambda kind: (len(kind), kind)
    )
    names = [name for name in ("subject", "session") if name in table.columns]
    words = {name: as_words(table[name].astype("object")) for name in [*names, *kinds]}
    rows = []
    cells = plain_rows(pd.DataFrame(words).reindex(columns=["subject", "session", *kinds]))
    for number, (subject, session, *paths) in enumerate(cells, start=1):
        if not subject:
            raise TableError(f"{where}, row {number}: {wording(expected='a subject', found='none')}")
        named = {kind: str(base / path) for kind, path in zip(kinds, paths, strict=True) if path}
        rows.append(Images(subject, session or None, named))
    _refuse_twice(rows, where)
    return rows


def _refuse_twice(rows: Sequence[Images], where: str) -> None:
    seen, twice = set(), []
    for row in rows:
        twice += [row.name] if row.name in seen else []
        seen.add(row.name)
    if twice:
        found = f"several of {some_of(twice)}"
        hint = "Tell them apart in a column session; further runs of a T1-weighted image go into a column t1_2"
        raise TableError(f"{where}: {wording(expected='one row a subject and session', found=found, hint=hint)}")


def _in_bids(root: Path, pattern: str | None) -> Iterator[Images]:
    """Find the images of every session in a BIDS data set."""
    top = look(spot_of(root), Notes())
    if top.error is not None:
        raise top.error
    people = [name for name in top.names() if (said := BIDS.match(name)) and not said["session"] and top.is_dir(name)]
    if not people:
        found = f"{some_of(top.names()) or 'nothing'}"
        message = f"{root}: {wording(expected='folders sub-* of a BIDS data set', found=found)}"
        raise NothingFoundError(message)
    there = {*map(composed, people)}
    for subject in filter(lambda name: composed(name) not in there, _listed(root)):
        problem = wording(expected=f"a folder {subject}, as participants.tsv names it", found="none")
        yield Images(subject, problem=problem)
    for subject in people:
        person = top.sub(subject)
        if person is None or person.error is not None:
            yield Images(subject, problem=f"{root / subject}: {person.problem if person else 'it cannot be opened'}")
            continue
        sessions = [name for name in person.names() if name.startswith("ses-") and person.is_dir(name)]
        if not sessions or any(map(person.is_dir, ("anat", "dwi"))):
            yield _session(subject, None, [top, person], pattern)
        for session in sessions:
            within = person.sub(session)
            yield _session(subject, session, [top, person, *filter(None, [within])], pattern)


def _listed(root: Path) -> Iterator[str]:
    """Give the subjects that a BIDS data set says it has; none if it does not say."""
    try:
        text = (root / "participants.tsv").read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return
    head, *names = (line.split("\t")[0].strip() for line in text.splitlines() or [""])
    if head == "participant_id":
        yield from (f"sub-{name.removeprefix('sub-')}" for name in dict.fromkeys(names) if name not in {"", "n/a"})


def _session(subject: str, session: str | None, around: Sequence[Folder], pattern: str | None) -> Images:
    """Find the images of one session."""
    folders = [folder for part in ("anat", "dwi") if (folder := around[-1].sub(part)) is not None]
    closed = next((folder for folder in (around[-1], *folders) if folder.error is not None), None)
    if closed is not None:
        return Images(subject, session, problem=f"{closed.spot.text}: {closed.problem}")
    paths: dict[str, str] = {}
    remarks: list[str] = []
    for folder in folders:
        for kind, names in _by_kind(folder, subject, pattern if folder.spot.name == "anat" else None).items():
            runs, others = _one_series(names)
            others += [] if kind == "t1" else runs[1:]
            paths |= {
                _numbered(kind, i): folder.spot.address(name) for i, name in enumerate(runs) if not i or kind == "t1"
            }
            remarks += [f"not used: {some_of(others)}"] if others else []
            if kind == "dwi":
                paths |= _gradients(runs[0], [*around, folder])
    return Images(subject, session, paths, tuple(remarks))


def _numbered(kind: str, i: int) -> str:
    return f"{kind}_{i + 1}" if i else kind


def _by_kind(folder: Folder, subject: str, pattern: str | None) -> dict[str, list[str]]:
    """Give the names of a subject's images in a folder, by kind."""
    found: dict[str, list[str]] = {}
    for name in folder.names():
        said = _NAME.match(name)
        if said and name.startswith(f"{subject}_"):
            kind = _IN_BIDS[said["kind"]]
            if kind != "t1" or pattern is None or fnmatchcase(name, pattern):
                found.setdefault(kind, []).append(name)
    return found


def _one_series(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Part images into the runs of one series, the one with the shortest description, and all others.

    Examples
    --------
    >>> _one_series(["s_ce-gad_T1w.nii.gz", "s_run-1_T1w.nii.gz", "s_run-2_T1w.nii.gz"])
    (['s_run-1_T1w.nii.gz', 's_run-2_T1w.nii.gz'], ['s_ce-gad_T1w.nii.gz'])
    """
    series: dict[str, list[str]] = {}
    for name in names:
        series.setdefault(_RUN.sub("", name), []).append(name)
    best = min(series, key=lambda key: (key.count("_"), key))
    return series[best], [name for key, own in series.items() if key != best for name in own]


def _gradients(image: str, around: Sequence[Folder]) -> dict[str, str]:
    """Find b-values and directions of an image: beside it, or further up with fewer words in their names."""
    words = {*re.sub(r"\.nii(?:\.gz)?$", "", image).split("_")}
    found: dict[str, str] = {}
    for kind in ("bval", "bvec"):
        for folder in around:  # the nearest comes last, and wins
            own = [name for name in folder.names() if name.endswith(f"dwi.{kind}")]
            fitting = [name for name in own if {*name.removesuffix(f".{kind}").split("_")} <= words]
            if fitting:
                found[kind] = folder.spot.address(max(fitting, key=len))
    return found
