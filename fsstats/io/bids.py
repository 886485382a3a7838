"""BIDS derivatives on disk."""

import json
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Final

import pandas as pd

from fsstats._frames import composed, require, some_of
from fsstats._version import __version__
from fsstats.errors import TableError, warn
from fsstats.io._replace import replacing, write_text
from fsstats.io._stores import PathLike, path_here
from fsstats.io._text import require_writable, write_delimited
from fsstats.io.load import Cohort
from fsstats.schema import SUBJECT_KEY
from fsstats.tables.bids import (
    IGNORED,
    BidsTable,
    bids_labels,
    group_names,
    group_tables,
    require_labels,
    session_label,
    subject_tables,
)

BIDS_VERSION: Final = "1.10.0"
_MOST_NAMED: Final = 3
_SESSIONS: Final = ("session_id", "session")
_PEOPLE_COLUMNS: Final = {
    "participant_id": "Participant",
    "freesurfer_id": "The subject's name in the study",
    "session_id": "Session",
}
_README: Final = """\
Region-wise morphometry, collected by fsstats from the stats files of FreeSurfer, FastSurfer or FSL.

sub-*/[ses-*/]anat/*_morph.tsv   one table a run, side and stats file: a row a region, a column a measure
*_desc-global_morph.tsv          what the stats file's header says of the whole brain or hemisphere
phenotype/*.tsv                  the same for the whole group: one table a stats file and session, a row a participant

A value that is missing is n/a. Every column is described, with its unit, in the JSON file of the same name.
"""


def write_bids(
    cohort: Cohort | pd.DataFrame,
    folder: PathLike,
    *,
    participants: pd.DataFrame | None = None,
    name: str = "Region-wise morphometry",
) -> list[Path]:
    """Write a cohort as a dataset of BIDS derivatives: TSV tables and JSON sidecars of each subject and of the group.

    Parameters
    ----------
    cohort : Cohort or DataFrame
        What `load_cohort` gives; or a long table, with which the tools' versions are not known.
    folder : path
        Where to: a new or empty folder, or one that this function wrote of the same subjects and sources, in which
        the files are replaced.
    participants : DataFrame, optional
        What is known of the people, with a column ``participant_id`` or ``subject``: goes into ``participants.tsv``.
    name : str
        The dataset's name.

    Returns
    -------
    list of Path
        The files, in the order in which they were written.

    Raises
    ------
    TableError
        If the folder holds other things or other subjects, or two subjects would have the same BIDS label.
    OSError
        If a file cannot be written.

    Notes
    -----
    BIDS has no name for tables of regions yet (proposal BEP011 calls them ``morph``), so ``.bidsignore`` tells its
    validator of them; all else keeps its rules (version 1.10). Labels hold letters and digits only: the subject
    ``pat_02`` becomes ``sub-pat02``, and ``participants.tsv`` says so in its column ``freesurfer_id``.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from fsstats import load_cohort
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = make_cohort(pathlib.Path(folder, "subjects"), n_subjects=1, seed=1)
    ...     written = write_bids(load_cohort(made.root, sources=["aseg"]), pathlib.Path(folder, "bids"))
    ...     [path.name for path in written if path.suffix == ".tsv"]  # doctest: +NORMALIZE_WHITESPACE
    ['participants.tsv', 'sub-001_seg-aseg_desc-global_morph.tsv', 'sub-001_seg-aseg_morph.tsv', 'aseg.tsv']
    """
    table, files = (cohort.table, cohort.files) if isinstance(cohort, Cohort) else (cohort, None)
    require(table, SUBJECT_KEY, needed_by="write_bids")
    home = path_here(folder)
    require_labels(table)
    _require_own(home, table)
    people = [*_people(table, participants)]  # whatever is wrong with them is said before anything is written
    texts = {
        "dataset_description.json": _json(_dataset(name, files)),
        "README": _README,
        ".bidsignore": "".join(f"{pattern}\n" for pattern in IGNORED),
    }
    home.mkdir(parents=True, exist_ok=True)
    written = [_text(home / name, text) for name, text in texts.items()]
    for one in chain(people, subject_tables(table), group_tables(table)):
        written += _table(home, one)
    return written


def _require_own(home: Path, table: pd.DataFrame) -> None:
    """Raise if the folder holds anything that would not be replaced."""
    if not home.exists() or not any(home.iterdir()):
        return
    try:
        about = json.loads((home / "dataset_description.json").read_text(encoding="utf-8"))
        ours = any(one.get("Name") == "fsstats" for one in about["GeneratedBy"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        ours = False
    if not ours:
        message = f"{home} is not empty and was not written by fsstats; name a new folder"
        raise TableError(message)
    due = {f"sub-{label}" for label in bids_labels(table["subject"]).values()} | group_names(table)
    found = [*home.glob("sub-*"), *(home / "phenotype").glob("*.tsv")]
    stale = sorted(path.name for path in found if path.name.removesuffix(".tsv") not in due)
    if stale:
        message = (
            f"{home} holds {', '.join(stale[:3])} of an earlier dataset that this one does not have; name a new folder"
        )
        raise TableError(message)


def _dataset(name: str, files: pd.DataFrame | None) -> dict[str, object]:
    makers: list[dict[str, str]] = [{"Name": "fsstats", "Version": __version__}]
    if files is not None:
        used = files.loc[(files["n_values"] > 0) & files["tool"].notna(), ["tool", "version"]].drop_duplicates()
        for tool, version in used.sort_values(["tool", "version"]).itertuples(index=False, name=None):
            makers.append({"Name": str(tool), **({"Version": str(version)} if isinstance(version, str) else {})})
    return {"Name": name, "BIDSVersion": BIDS_VERSION, "DatasetType": "derivative", "GeneratedBy": makers}


def _people(table: pd.DataFrame, participants: pd.DataFrame | None) -> Iterator[BidsTable]:
    """Make participants.tsv, and a table of sessions for each subject of whom something is known by session."""
    labels = bids_labels(table["subject"])
    people = pd.DataFrame({"participant_id": [f"sub-{label}" for label in labels.values()]})
    renamed = any(name != f"sub-{label}" for name, label in labels.items())
    if renamed and (participants is None or "freesurfer_id" not in participants.columns):
        people["freesurfer_id"] = pd.Series(list(labels), dtype="str")
    if participants is None:
        yield BidsTable("participants", people, _described(people))
        return
    known = _with_ids(participants, labels)
    session = next((name for name in _SESSIONS if name in known.columns), None)
    several = known.duplicated("participant_id").any()
    if several and session is None:
        message = f"participants has several rows a subject; a column {_SESSIONS[0]} must tell them apart"
        raise TableError(message)
    if session is not None and known[session].isna().any():
        whose = str(known.loc[known[session].isna(), "participant_id"].iloc[0])
        message = f"participants has a row of {whose} without {session}"
        raise TableError(message)
    varying = [] if session is None else [name for name in known.columns if name not in {"participant_id", session}]
    varying = [name for name in varying if not _is_constant(known, name)]
    fixed = known.drop(columns=[*varying, *filter(None, [session])]).drop_duplicates("participant_id")
    people = people.merge(fixed, on="participant_id", how="left")
    yield BidsTable("participants", people, _described(people))
    for who, own in known.groupby("participant_id", sort=False) if session else ():
        visits = own[[session, *varying]].rename(columns={session: "session_id"}).reset_index(drop=True)
        visits["session_id"] = [f"ses-{session_label(str(one))}" for one in visits["session_id"]]
        yield BidsTable(f"{who}/{who}_sessions", visits, _described(visits))


def _with_ids(participants: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Give the rows of the subjects that are written, under their names in BIDS."""
    column = next((name for name in ("participant_id", "subject") if name in participants.columns), None)
    if column is None:
        message = "participants needs a column participant_id or subject"
        raise TableError(message)
    written = ((label, text) for name, label in labels.items() for text in (f"sub-{label}", f"sub-{name}", name))
    ids = {composed(text): f"sub-{label}" for label, text in written}
    found = participants[column].astype("str").map(composed, na_action="ignore")
    named = participants.assign(**{column: found.map(ids)})
    lacking = sorted({f"sub-{label}" for label in labels.values()} - set(named[column].dropna()))
    if lacking:
        warn(f"participants has no row of {some_of(lacking, _MOST_NAMED)}; what it would tell is n/a")
    named = named[named[column].notna()].rename(columns={column: "participant_id"})
    return named[["participant_id", *(name for name in named.columns if name != "participant_id")]]


def _is_constant(known: pd.DataFrame, name: str) -> bool:
    return not known[["participant_id", name]].drop_duplicates().duplicated("participant_id").any()


def _described(people: pd.DataFrame) -> dict[str, object]:
    return {str(name): {"Description": _PEOPLE_COLUMNS.get(str(name), str(name))} for name in people.columns}


def _table(home: Path, one: BidsTable) -> list[Path]:
    """Write a table with its sidecar."""
    require_writable(one.table, ".tsv")
    paths = [home / f"{one.name}.json", home / f"{one.name}.tsv"]
    paths[0].parent.mkdir(parents=True, exist_ok=True)
    with replacing(paths, durable=False) as (sidecar, data):
        sidecar.write_text(_json(one.description), encoding="utf-8", newline="\n")
        write_delimited(one.table, data, ".tsv")
    return paths


def _text(path: Path, text: str) -> Path:
    write_text(text, path, durable=False)
    return path


def _json(content: Mapping[str, object]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
