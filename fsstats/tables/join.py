"""Participants' columns onto the rows of a table, every unmatched subject named."""

import warnings
from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from fsstats._frames import require, to_category
from fsstats.errors import ColumnsError, FsstatsWarning, TableError
from fsstats.schema import LONG

Unmatched = Literal["raise", "keep", "drop"]
_SUBJECT = ("subject", "participant_id")
_SESSION = ("session", "session_id")


def join(table: pd.DataFrame, participants: pd.DataFrame, *, unmatched: Unmatched = "raise") -> pd.DataFrame:
    """Put the participants' columns (age, sex, group …) onto every row of a table.

    Parameters
    ----------
    table : DataFrame
        A long or wide table: it has the column ``subject``, and ``session`` if the study has sessions.
    participants : DataFrame
        One row a subject, or a subject and session, under ``subject`` or BIDS' ``participant_id`` (and
        ``session`` or ``session_id``), with any other columns.
    unmatched : {"raise", "keep", "drop"}
        What to do if a subject is on one side only: raise; or warn and keep the table's rows with missing
        participants' columns; or warn and drop these rows. All names are in the error or the warning.

    Returns
    -------
    DataFrame
        The table's rows in their order, with the participants' columns behind the table's own.

    Raises
    ------
    TableError
        If a subject has no match (with ``unmatched="raise"``), if participants has a subject twice, or if it
        has a column that the table has too.
    ColumnsError
        If either lacks the columns that identify a subject.

    Warns
    -----
    FsstatsWarning
        With ``unmatched="keep"`` or ``"drop"``, naming every subject without a match on either side.

    Notes
    -----
    Subjects are matched as they are written. Nothing is guessed: ``01`` is not ``sub-01``.

    Examples
    --------
    >>> table = pd.DataFrame({"subject": ["sub-01", "sub-02"], "value": [3.0, 2.5]})
    >>> people = pd.DataFrame({"participant_id": ["sub-01", "sub-02"], "age": [31, 54]})
    >>> join(table, people)
      subject  value  age
    0  sub-01    3.0   31
    1  sub-02    2.5   54
    """
    require(table, ["subject"], needed_by="join")
    keys = _keys(table, participants)
    people = participants.rename(columns={theirs: ours for ours, theirs in keys.items()})
    people = people.astype(dict.fromkeys(keys, "str"))
    _refuse_repeats(people, list(keys))
    _refuse_collisions(table, people, list(keys))
    table_rows = _index(table, list(keys))
    place = _index(people, list(keys)).get_indexer(table_rows)
    message = _unmatched(table_rows[place < 0], people[~np.isin(np.arange(len(people)), place)], list(keys), people)
    if message and unmatched == "raise":
        raise TableError(message)
    if message:
        warnings.warn(message, FsstatsWarning, stacklevel=2)
    return _with_columns(table, people.drop(columns=list(keys)), place, drop=unmatched == "drop")


def _keys(table: pd.DataFrame, participants: pd.DataFrame) -> dict[str, str]:
    """Find the columns that identify a row of participants: our name to theirs."""
    subject = next((name for name in _SUBJECT if name in participants.columns), None)
    if subject is None:
        raise ColumnsError.missing(["participant_id"], map(str, participants.columns), needed_by="join (participants)")
    session = next((name for name in _SESSION if name in participants.columns), None)
    has_sessions = "session" in table.columns and bool(table["session"].notna().any())
    return {"subject": subject} | ({"session": session} if session and has_sessions else {})


def _index(table: pd.DataFrame, keys: Sequence[str]) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(table[list(keys)].astype("str").fillna(""))


def _refuse_repeats(people: pd.DataFrame, keys: list[str]) -> None:
    repeated = people.loc[people.duplicated(keys), keys]
    if len(repeated):
        message = f"participants has these more than once: {_names(repeated)}"
        hint = "; name the sessions in a column session_id" if keys == ["subject"] else ""
        raise TableError(message + hint)


def _refuse_collisions(table: pd.DataFrame, people: pd.DataFrame, keys: list[str]) -> None:
    both = [name for name in people.columns if name not in keys and (name in table.columns or name in LONG)]
    if both:
        message = (
            f"participants and the table both have {', '.join(map(repr, both))}; rename or drop it in participants"
        )
        raise TableError(message)


def _names(rows: pd.DataFrame) -> str:
    return ", ".join("/".join(str(part) for part in row if pd.notna(part)) for row in rows.itertuples(index=False))


def _unmatched(lost: pd.MultiIndex, unused: pd.DataFrame, keys: list[str], people: pd.DataFrame) -> str:
    """Name the subjects of either side that the other does not have; '' if there are none."""
    without = lost.unique().to_frame(index=False).replace("", None)
    texts = []
    if len(without):
        texts.append(f"{len(without)} in the table but not in participants: {_names(without)}")
    if len(unused):
        texts.append(f"{len(unused)} in participants but not in the table: {_names(unused[keys])}")
    return "; ".join(texts) + (_hint(list(without.iloc[:, 0]), people) if len(without) else "")


def _hint(lost: list[str], people: pd.DataFrame) -> str:
    known = set(people["subject"])
    for change, text in (
        (lambda name: name.removeprefix("sub-"), "the same names without 'sub-' are in participants"),
        (lambda name: f"sub-{name}", "the same names with 'sub-' in front are in participants"),
        (lambda name: name.lstrip("0"), "the same names without leading zeros are in participants"),
        (
            lambda name: name.removeprefix("sub-").lstrip("0"),
            "the same numbers without 'sub-' and zeros are in participants",
        ),
    ):
        if any(change(name) in known for name in lost):
            return f". Hint: {text}"
    return ""


def _with_columns(
    table: pd.DataFrame, columns: pd.DataFrame, place: "np.ndarray[tuple[int], np.dtype[np.intp]]", *, drop: bool
) -> pd.DataFrame:
    """Take the participants' rows at `place` (-1: none) beside the table's rows."""
    taken = columns.reset_index(drop=True).reindex(place).set_axis(table.index, axis=0)
    text = [
        name for name in taken.columns if isinstance(taken[name].dtype, pd.StringDtype) or taken[name].dtype == object
    ]
    taken = taken.assign(**{name: to_category(taken[name]) for name in text})
    joined = pd.concat([table, taken], axis=1)
    return joined[place >= 0] if drop else joined
