"""A cohort's values as BIDS derivatives: which files, their tables, and what each column holds."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, Positions, composed, require
from fsstats.errors import TableError
from fsstats.parsers import Layout
from fsstats.schema import GLOBAL, LONG, SUBJECT_KEY, global_measures, measures, source_of
from fsstats.tables._alike import alike_of, sides_of
from fsstats.tables.shape import to_wide

_SIDES: Final = {"lh": "L", "rh": "R"}
_NO_LABEL: Final = re.compile(r"[^A-Za-z0-9]+")
_SUFFIX: Final = "morph"
IGNORED: Final = (f"*_{_SUFFIX}.tsv", f"*_{_SUFFIX}.json")
"""What the standard has no name for yet, so that its validator must be told of it."""


@dataclass(frozen=True, slots=True)
class BidsTable:
    """One table of a BIDS dataset, and the description of its columns."""

    name: str
    """Where it goes, without ``.tsv`` and ``.json``."""
    table: pd.DataFrame
    description: Mapping[str, object]


def bids_labels(subjects: pd.Series) -> dict[str, str]:
    """Give the BIDS label of each subject: letters and digits, without ``sub-``.

    Raises
    ------
    TableError
        If two subjects would have the same, but for large and small letters, or one has none.

    Examples
    --------
    >>> bids_labels(pd.Series(["sub-01", "pat_02"]))
    {'sub-01': '01', 'pat_02': 'pat02'}
    """
    labels = {str(name): _label(str(name).removeprefix("sub-")) for name in subjects.dropna().unique()}
    holders: dict[str, str] = {}
    for name, label in labels.items():
        other = holders.setdefault(label.casefold(), name)  # many disks take large and small letters for the same
        if not label or other != name:
            found = f"{other!r} and {name!r} would both be sub-{label}" if label else f"{name!r} has neither"
            message = f"BIDS names subjects by letters and digits alone, large or small, and {found}; rename one"
            raise TableError(message)
    return labels


def _label(text: str) -> str:
    return _NO_LABEL.sub("", composed(text))


def subject_tables(table: pd.DataFrame) -> Iterator[BidsTable]:
    """Give the tables of each subject: a row a region, a column a measure; header Measures in a table of one row.

    Parameters
    ----------
    table : DataFrame
        A long table, with or without details.

    Yields
    ------
    BidsTable
        ``sub-01/ses-1/anat/sub-01_ses-1_hemi-L_seg-aparc_morph`` and so on; ``desc-long`` and ``desc-base`` are
        FreeSurfer's longitudinal streams, ``desc-global`` the Measures.

    Raises
    ------
    ColumnsError
        If it is no long table.
    TableError
        If two subjects or sources would have the same name.
    """
    require(table, LONG, needed_by="subject_tables")
    labels = require_labels(table)
    for source in map(str, table["source"].dropna().unique()):
        for hemi in sides_of(table, source):
            files, people = alike_of(table, source, hemi, needed_by="subject_tables")
            runs = [_Run(labels[subject], session, stream) for subject, session, stream in people]
            for one in files:
                for form in _forms(one.layout, with_side=hemi is None):
                    for row, values in zip(one.rows.tolist(), one.values, strict=True):
                        yield BidsTable(_name(runs[row], hemi, source, form.desc), form.table(values), form.description)


@dataclass(frozen=True, slots=True)
class _Form:
    """What the tables of alike files share."""

    desc: str
    """What tells the table of Measures."""
    labels: pd.DataFrame
    """The columns in front: what each row is."""
    columns: tuple[str, ...]
    places: Positions
    """Positions in the layout, shape (n_rows, n_columns); -1 where there is no value."""
    counts: tuple[str, ...]
    """Columns of numbers without unit."""
    description: Mapping[str, object]

    def table(self, values: FloatArray) -> pd.DataFrame:
        """Give the table of one file."""
        numbers = np.where(self.places >= 0, values[self.places], np.nan)
        made = self.labels.join(pd.DataFrame(numbers, columns=list(self.columns)))
        whole = [name for name in self.counts if (made[name].dropna() % 1 == 0).all()]
        return made.astype(dict.fromkeys(whole, "Int64"))


def _forms(layout: Layout, *, with_side: bool) -> Iterator[_Form]:
    """Arrange the Measures of a layout as one row, and its structures a row each, in the order of the file."""
    fields = [i for i, region in enumerate(layout.region) if region == GLOBAL]
    rest = [i for i, region in enumerate(layout.region) if region != GLOBAL]
    if fields:
        columns = tuple(layout.measure[i] for i in fields)
        yield _form(layout, "global", pd.DataFrame(index=[0]), columns, np.array([fields], dtype=np.intp))
    if rest:
        first = {(layout.region[i], layout.hemi[i]): i for i in reversed(rest)}
        structures = list(dict.fromkeys((layout.region[i], layout.hemi[i]) for i in rest))
        columns = tuple(dict.fromkeys(layout.measure[i] for i in rest))
        at = {(layout.region[i], layout.hemi[i], layout.measure[i]): i for i in rest}
        places = np.array([[at.get((*one, measure), -1) for measure in columns] for one in structures], dtype=np.intp)
        ids = [layout.segid[first[one]] for one in structures]
        labels: dict[str, object] = {"index": pd.array(ids, dtype="Int64")} if any(i is not None for i in ids) else {}
        labels["name"] = pd.array([region for region, _ in structures], dtype="str")
        if with_side:
            labels["hemisphere"] = pd.array([hemi for _, hemi in structures], dtype="str")
        yield _form(layout, "", pd.DataFrame(labels), columns, places)


def _form(layout: Layout, desc: str, labels: pd.DataFrame, columns: tuple[str, ...], places: Positions) -> _Form:
    units = dict(zip(layout.measure, layout.unit, strict=True))
    counts = tuple(name for name in columns if units[name] == "unitless")
    described: dict[str, object] = {str(name): {"Description": _ROW_COLUMNS[str(name)]} for name in labels.columns}
    for name in columns:
        known = global_measures().get(name) if desc else measures().get(name)
        described[name] = {"Description": known.description if known else name, **_unit(units[name])}
    return _Form(desc, labels, columns, places, counts, described)


class _Run(NamedTuple):
    """Whose a table is."""

    label: str
    session: str | None
    stream: str

    @property
    def who(self) -> list[str]:
        """The entities of subject and session."""
        session = session_label(self.session or "")
        return [f"sub-{self.label}", *([f"ses-{session}"] if session else [])]

    @property
    def desc(self) -> str:
        """What tells the stream."""
        return "" if self.stream == "cross" else self.stream


def require_labels(table: pd.DataFrame) -> dict[str, str]:
    """Give the labels of the subjects, if no two subjects, sessions or sources would have the same.

    Raises
    ------
    TableError
        If two would.
    """
    _require_sources(table["source"])
    _require_sessions(table)
    return bids_labels(table["subject"])


def _require_sessions(table: pd.DataFrame) -> None:
    """Raise if two sessions of a subject would have the same label."""
    runs = table[["subject", "session"]].dropna().drop_duplicates().astype("str")
    labels = runs["session"].map(lambda session: session_label(session).casefold())
    again = runs[pd.DataFrame({"subject": runs["subject"], "label": labels}).duplicated(keep=False)]
    if len(again):
        one, other = again["session"].iloc[:2]
        message = (
            f"the sessions {one!r} and {other!r} of {again['subject'].iloc[0]} would both be ses-{session_label(one)}"
        )
        raise TableError(message)


def session_label(session: str) -> str:
    """Give the BIDS label of a session, without ``ses-``."""
    return _label(session.removeprefix("ses-"))


def _require_sources(sources: pd.Series) -> None:
    labels: dict[str, str] = {}
    for source in map(str, sources.dropna().unique()):
        other = labels.setdefault(_label(source).casefold(), source)
        if other != source:
            message = f"{other!r} and {source!r} would both be seg-{_label(source)}; write one of them"
            raise TableError(message)


def _name(run: _Run, hemi: str | None, source: str, desc: str) -> str:
    desc = run.desc + desc  # as longglobal: a label has no signs
    what = [*([f"hemi-{_SIDES[hemi]}"] if hemi else []), f"seg-{_label(source)}", *([f"desc-{desc}"] if desc else [])]
    return "/".join([*run.who, "anat", "_".join([*run.who, *what, _SUFFIX])])


_ROW_COLUMNS: Final = {
    "index": "Segmentation id of FreeSurfer's colour table",
    "name": "Structure, in the spelling of current FreeSurfer",
    "hemisphere": "Side of the structure: lh (left) or rh (right), n/a where it has none",
}


def _unit(unit: str) -> dict[str, str]:
    """Give a unit as BIDS writes it; what has none has none there."""
    return {} if unit == "unitless" else {"Units": {"unknown": "arbitrary", "percent": "%"}.get(unit, unit)}


def group_tables(table: pd.DataFrame) -> Iterator[BidsTable]:
    """Give one table a source and session for the whole group, as BIDS has measurements of people.

    Parameters
    ----------
    table : DataFrame
        A long table. Further columns (age, group …) are left out.

    Yields
    ------
    BidsTable
        ``phenotype/aparc``, with sessions ``phenotype/aparc_ses-1``, with streams ``phenotype/aparc_desc-long``: a row
        a participant, for BIDS allows no more; a column a value, called as `to_wide` does.
    """
    require(table, LONG, needed_by="group_tables")
    labels = require_labels(table)
    for key, own in table.groupby(["source", "session", "stream"], observed=True, sort=False, dropna=False):
        source, wide = str(key[0]), to_wide(own[list(LONG)])
        values = wide.drop(columns=list(SUBJECT_KEY))
        values.insert(0, "participant_id", pd.Series([f"sub-{labels[one]}" for one in wide["subject"]], dtype="str"))
        described = _described_wide(own, [*map(str, values.columns[1:])], source)
        yield BidsTable(f"phenotype/{_group_name(*key)}", values, described)


def group_names(table: pd.DataFrame) -> set[str]:
    """Give the names of the tables of the group, without folder and suffix."""
    kinds = table[["source", "session", "stream"]].drop_duplicates().astype("object")
    return {_group_name(*key) for key in kinds.itertuples(index=False, name=None)}


def _group_name(source: object, session: object, stream: object) -> str:
    run = _Run("", session if isinstance(session, str) else None, str(stream))
    return "_".join([_label(str(source)), *run.who[1:], *([f"desc-{run.desc}"] if run.desc else [])])


def _described_wide(own: pd.DataFrame, names: list[str], source: str) -> dict[str, object]:
    kind = source_of(source)
    labels = own.drop_duplicates(["hemi", "region", "measure"])
    described: dict[str, object] = {
        "MeasurementToolMetadata": {"Description": f"{kind.description if kind else source} ({source})"},
        "participant_id": {"Description": "Participant"},
    }
    for name, (hemi, region, measure, unit) in zip(
        names, labels[["hemi", "region", "measure", "unit"]].itertuples(index=False, name=None), strict=True
    ):
        known = global_measures().get(measure) if region == GLOBAL else measures().get(measure)
        place = " ".join(part for part in (hemi, region) if isinstance(part, str) and part != GLOBAL)
        what = known.description if known else str(measure)
        described[name] = {"Description": ", ".join(filter(None, [what, place])), **_unit(str(unit))}
    return described
