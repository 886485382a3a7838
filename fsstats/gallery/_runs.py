"""What is to be drawn: the image and the labels of every run, found in a study or named in a table."""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from fsstats._frames import as_words, plain_rows, require, some_of
from fsstats.discovery import find_stats
from fsstats.discovery.find import select_files
from fsstats.discovery.subjects import PARTS, TEMPLATES, Subject, name_all
from fsstats.discovery.table import files_table
from fsstats.errors import NothingFoundError, TableError, wording
from fsstats.gallery._first import runs_of_first
from fsstats.gallery._run import IMAGE_SUFFIX, Run, Wanted
from fsstats.places import Place, place
from fsstats.schema import SUBJECT_KEY

IMAGES: Final = ("brain.mgz", "norm.mgz", "T1.mgz", "orig_nu.mgz", "nu.mgz", "orig.mgz")
"""Images of recon-all and FastSurfer, in ``mri``, in the order of preference."""
LABELS: Final = (
    "aparc+aseg.mgz",
    "aparc.DKTatlas+aseg.deep.mgz",
    "aparc.DKTatlas+aseg.mapped.mgz",
    "wmparc.mgz",
    "aseg.mgz",
)
"""Their segmentations, likewise."""
_WITHOUT_SKULL: Final = ("brain.mgz", "norm.mgz")
_NAMED: Final = ("subject", "session", "stream", "source", "image", "labels")
_NEEDED: Final = ("subject", "image", "labels")


def find_runs(roots: Sequence[str], wanted: Wanted) -> list[Run]:
    """Find the runs of a study.

    Raises
    ------
    NothingFoundError
        If there is none.
    """
    try:
        files = find_stats(roots)
    except NothingFoundError:
        files, more = files_table([]), _only_images(roots, (), wanted)
        if not more:
            raise
    else:
        more = _only_images(roots, {_folder_of(path) for path in files["path"].dropna()}, wanted)
    if wanted.subjects is not None:
        more = [one for one in more if {one.subject, one.directory} & {*wanted.subjects}]
        others = {*wanted.subjects} - {name for one in more for name in (one.subject, one.directory)}
        files = select_files(files, subjects=sorted(others), place=", ".join(roots))
    return runs_in(files, wanted, more)


def runs_in(files: pd.DataFrame, wanted: Wanted, more: Iterable[Subject] = ()) -> list[Run]:
    """Give the runs of a study by its files table, and of folders that have nothing but images."""
    absent = files[files["path"].isna() & files["status"].eq("missing") & files["source"].isna()]
    lost = [Run(who, None, None, "", problem=said) for who, said in plain_rows(absent[["subject", "problem"]])]
    if wanted.stream is not None:
        files = files[files["stream"] == wanted.stream]
        more = [one for one in more if one.stream == wanted.stream]
    folders = {**_folders_in(files), **{one.path: one for one in more}}
    found = [*(_of_folder(where, who, wanted) for where, who in folders.items()), *runs_of_first(files, wanted)]
    return [*_one_each(sorted([*found, *lost], key=lambda run: [part or "" for part in run.key]))]


def _one_each(runs: Iterable[Run]) -> Iterator[Run]:
    """Refuse runs that could not be told from one before: a rating would be of both."""
    first: dict[tuple[str | None, ...], Run] = {}
    for run in runs:
        other = first.setdefault(run.key, run)
        found = f"another in {other.labels or other.image}"
        expected = "one segmentation of this subject, session, stream and source"
        yield run if other is run else replace(run, problem=wording(expected=expected, found=found))


def _folders_in(files: pd.DataFrame) -> dict[Place, Subject]:
    """Give the subjects' folders of recon-all and FastSurfer, and whose they are."""
    own = files[files["path"].notna() & files["tool"].ne("FSL") & files["subject"].notna()]
    own = own.assign(folder=own["path"].map(_folder_of)).dropna(subset="folder").drop_duplicates("folder")
    rows = plain_rows(own[["folder", *SUBJECT_KEY]])
    return {(where := place(folder)): Subject(where, *who) for folder, *who in rows}


def _folder_of(path: str) -> str | None:
    """Give the subject's folder around a file, or around one of its folders; None if its program keeps to none."""
    where = place(path)
    if where.name in PARTS:
        return str(where.parent)
    return str(where.parent.parent) if where.parent.name in PARTS else None


def _of_folder(where: Place, who: Subject, wanted: Wanted) -> Run:
    """Choose the image and the labels in a subject's folder."""
    images, segmentations = [wanted.image] if wanted.image else IMAGES, [wanted.labels] if wanted.labels else LABELS
    image, labels = _there(where / "mri", images), _there(where / "mri", segmentations)
    lacking = [names for name, names in ((image, images), (labels, segmentations)) if name is None]
    problems = [wording(expected=f"{' or '.join(names)} in {where / 'mri'}", found="none") for names in lacking]
    return Run(
        subject=who.subject,
        session=who.session,
        stream=who.stream,
        source=_stem(labels or segmentations[0]),
        image=str(where / "mri" / image) if image else None,
        labels=str(where / "mri" / labels) if labels else None,
        problem="; ".join(problems) or None,
        fit="image" if image in _WITHOUT_SKULL else "labels",
    )


def _there(folder: Place, names: Sequence[str]) -> str | None:
    """Give the first of the names that is there; none if nobody may ask."""
    try:
        return next((name for name in names if (folder / name).is_file()), None)
    except OSError:
        return None


def _only_images(roots: Sequence[str], known: Collection[str | None], wanted: Wanted) -> list[Subject]:
    """Name folders that hold ``mri`` and nothing else of a subject, among the roots and in them."""
    given = [root if "://" in root else os.path.abspath(os.path.expanduser(root)) for root in roots]  # noqa: PTH100, PTH111 - as find_stats has them
    folders = dict.fromkeys(folder for root in map(place, given) for folder in [root, *_within(root)])
    new = [folder for folder in folders if str(folder) not in known and not TEMPLATES.match(folder.name)]
    names = [*filter(None, (wanted.labels, wanted.image)), *LABELS, *IMAGES]
    return name_all(folder for folder in new if _there(folder / "mri", names))


def _within(folder: Place) -> list[Place]:
    try:
        return sorted(folder.iterdir(), key=str)
    except OSError:
        return []


def runs_named(pairs: pd.DataFrame, wanted: Wanted, *, base: Place | None = None) -> list[Run]:
    """Take the runs that a table names, a row each; files without a folder are in that of the table.

    Raises
    ------
    ColumnsError
        If it lacks a column.
    TableError
        If a row lacks a name, or two rows are of one run.
    """
    require(pairs, _NEEDED, needed_by="snapshots")
    table = pd.DataFrame({name: as_words(pairs[name].astype("object")) for name in _NAMED if name in pairs.columns})
    lacking = table[[*_NEEDED]].isna().any(axis=1).to_numpy().nonzero()[0]
    if len(lacking):
        message = f"row {lacking[0] + 1} of the pairs lacks its subject, image or labels"
        raise TableError(message)
    runs = [_named(row, base) for row in plain_rows(table.reindex(columns=[*_NAMED]))]
    chosen = [run for run in runs if wanted.subjects is None or run.subject in wanted.subjects]
    chosen = [run for run in chosen if wanted.stream in {None, run.stream}]
    twice = [run.subject for run in _one_each(chosen) if run.problem]
    if twice:
        message = f"the pairs have these runs more than once: {some_of(twice)}"
        raise TableError(f"{message}; tell them apart in a column session, stream or source")
    return chosen


def _named(row: Sequence[str | None], base: Place | None) -> Run:
    subject, session, stream, source, image, labels = row
    return Run(
        subject=str(subject),
        session=session,
        stream=stream,
        source=source or _stem(str(labels)),
        image=_at(base, str(image)),
        labels=_at(base, str(labels)),
    )


def _at(base: Place | None, address: str) -> str:
    """Give the address of a file that is named from a folder."""
    return address if base is None or "://" in address else str(base / address)


def _stem(address: str) -> str:
    return IMAGE_SUFFIX.sub("", place(address).name)
