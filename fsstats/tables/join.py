"""Participants' columns onto the rows of a table, every unmatched subject named."""

from collections.abc import Callable, Sequence
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from fsstats._frames import Positions, as_words, composed, require, some_of, to_category
from fsstats.errors import ColumnsError, TableError, UnknownNameError, warn
from fsstats.schema import LONG
from fsstats.tables.versions import OWN_COLUMNS

Unmatched = Literal["raise", "keep", "drop"]
_UNMATCHED: Final = ("raise", "keep", "drop")
_SUBJECT: Final = ("subject", "participant_id")
_SESSION: Final = ("session", "session_id")


def join(table: pd.DataFrame, participants: pd.DataFrame, *, unmatched: Unmatched = "raise") -> pd.DataFrame:
    """Put the participants' columns (age, sex, group …) onto every row of a table.

    Parameters
    ----------
    table : DataFrame
        A long or wide table: it has the column ``subject``, and ``session`` if the study has sessions.
    participants : DataFrame
        One row per subject, or a subject and session, under ``subject`` or BIDS' ``participant_id`` (and
        ``session`` or ``session_id``), with any other columns.
    unmatched : {"raise", "keep", "drop"}
        What to do if a subject is on one side only: raise; or warn and keep the table's rows with missing
        participants' columns; or warn and drop these rows. All names are in the error or the warning.

    Returns
    -------
    DataFrame
        The table's rows in their order, with the participants' columns behind the table's own. On a long
        table text columns are categories in the order of the alphabet, as model formulas take plain text.

    Raises
    ------
    TableError
        If a subject has no match (with ``unmatched="raise"``), if participants has a subject twice, or if it
        has a column that the table has too.
    ColumnsError
        If either lacks the columns that identify a subject.
    UnknownNameError
        If `unmatched` is none of the three.

    Warns
    -----
    FsstatsWarning
        With ``unmatched="keep"`` or ``"drop"``, naming every subject without a match on either side; where participants
        has sessions, the bases of a longitudinal study, which are no visits, are kept without being named.

    Notes
    -----
    Subjects are matched as they are written. Nothing is guessed: ``01`` is not ``sub-01``. Only the two ways in which
    Unicode stores the same letter, ``ü`` as one sign or as ``u`` and two dots, make no difference.

    Examples
    --------
    >>> table = pd.DataFrame({"subject": ["sub-01", "sub-02"], "value": [3.0, 2.5]})
    >>> people = pd.DataFrame({"participant_id": ["sub-01", "sub-02"], "age": [31, 54]})
    >>> join(table, people)
      subject  value  age
    0  sub-01    3.0   31
    1  sub-02    2.5   54
    """
    if not isinstance(participants, pd.DataFrame):
        message = f"participants must be a table, not {participants!r}; fsstats.read_table reads one"
        raise TableError(message)
    if unmatched not in _UNMATCHED:
        raise UnknownNameError.among("choice of unmatched", unmatched, _UNMATCHED)
    require(table, ["subject"], needed_by="join")
    people, keys = identified(table, participants)
    in_table, in_people = _index(table, keys), _index(people, keys)
    place = in_people.get_indexer(in_table)
    unused = people[~np.isin(np.arange(len(people)), place)]
    named = (place < 0) & ~(_is_base(table, keys) & (unmatched == "keep"))
    message = _unmatched(in_table[named], unused, keys, set(people["subject"]))
    if message and unmatched == "raise":
        raise TableError(f"{message}. To go on without them: unmatched='drop'; with missing values: unmatched='keep'")
    if len(table) and (place < 0).all():
        hint = _hint([str(name) for name in in_table.get_level_values(0)[:1]], set(people["subject"]))
        message = f"no subject of the table is in participants: {_some(in_table)} against {_some(in_people)}{hint}"
        raise TableError(message)
    if message:
        warn(message)
    joined = _with_columns(table, people.drop(columns=keys), place)
    return joined[place >= 0] if unmatched == "drop" else joined


def identified(table: pd.DataFrame, participants: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Give the participants under our names of subject and session, and which of these identify a row.

    Parameters
    ----------
    table : DataFrame
        A table with the column ``subject``, and ``session`` if it has sessions.
    participants : DataFrame
        As for `join`.

    Returns
    -------
    tuple of (DataFrame, list of str)
        The participants, names as text; and ``["subject"]`` or ``["subject", "session"]``.

    Raises
    ------
    TableError
        If participants has a subject twice, or a column that the table has too.
    ColumnsError
        If participants has no column that identifies a subject.

    Examples
    --------
    >>> people, keys = identified(pd.DataFrame({"subject": ["1"]}), pd.DataFrame({"participant_id": [1], "age": [3]}))
    >>> people["subject"].tolist(), keys
    (['1'], ['subject'])
    """
    names = _key_columns(table, participants)
    people = participants.rename(columns={theirs: ours for ours, theirs in names.items()})
    people = people.assign(**{ours: _spelled_as(table[ours], as_words(people[ours])) for ours in names})
    keys = list(names)
    _refuse_repeats(people, keys, has_session=any(name in participants.columns for name in _SESSION))
    _refuse_collisions(table, people, keys)
    return people, keys


def _key_columns(table: pd.DataFrame, participants: pd.DataFrame) -> dict[str, str]:
    """Find the columns that identify a row of participants: our name to theirs."""
    subject = next((name for name in _SUBJECT if name in participants.columns), None)
    if subject is None:
        error = ColumnsError.missing(
            ["participant_id"], map(str, participants.columns), needed_by="join (participants)"
        )
        raise ColumnsError(f"{error}{_advice(participants)}")
    session = next((name for name in _SESSION if name in participants.columns), None)
    has_sessions = "session" in table.columns and bool(table["session"].notna().any())
    return {"subject": subject} | ({"session": session} if session and has_sessions else {})


def _spelled_as(own: pd.Series, names: pd.Series) -> pd.Series:
    """Give names as the table spells them, whose letters with marks may be taken apart, as macOS has them in folders.

    Of two spellings in the table the first counts; the other has no match, and is named.
    """
    known = {composed(name): name for name in reversed([str(name) for name in own.dropna().unique()])}
    return names.map(lambda name: known.get(composed(name), name), na_action="ignore").astype("str")


def _advice(participants: pd.DataFrame) -> str:
    """Guess why participants has no column participant_id; '' if nothing is at hand."""
    columns, of_rows = [str(name) for name in participants.columns], participants.index.name
    if of_rows in _SUBJECT:
        return f". {of_rows} is the index of the rows; participants.reset_index() makes a column of it"
    odd = next((mark for mark in ";|\t," if len(columns) == 1 and mark in columns[0]), None)
    if odd is not None:
        return f". Is it separated by {odd!r}?"
    alike = next((name for name in columns if name.casefold().replace("_", "") in _NAMES_OF_ID), None)
    return "" if alike is None else f". Is it {alike!r}? Rename that one to participant_id"


def _index(table: pd.DataFrame, keys: Sequence[str]) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(table[list(keys)].astype("str").fillna(""))


def _refuse_repeats(people: pd.DataFrame, keys: list[str], *, has_session: bool) -> None:
    repeated = people.loc[people.duplicated(keys), keys].drop_duplicates()
    if len(repeated):
        hint = "" if has_session else "; name the sessions in a column session_id"
        message = f"participants has these more than once: {_names(repeated)}{hint}"
        raise TableError(message)


def _refuse_collisions(table: pd.DataFrame, people: pd.DataFrame, keys: list[str]) -> None:
    taken = [name for name in people.columns if name in OWN_COLUMNS - {*LONG} and name not in table.columns]
    if taken:
        message = f"participants has a column {taken[0]!r}, which means something else in fsstats; rename it there"
        raise TableError(message)
    both = [name for name in people.columns if name not in keys and (name in table.columns or name in LONG)]
    if both:
        names = ", ".join(map(repr, both))
        message = f"participants and the table both have {names}; rename or drop it in participants"
        raise TableError(message)


def _is_base(table: pd.DataFrame, keys: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Say which rows are of the bases of a longitudinal study, which are no visits: they match none."""
    if "session" not in keys or "stream" not in table.columns:
        return np.zeros(len(table), dtype=np.bool_)
    return ((table["stream"] == "base") & table["session"].isna()).to_numpy(dtype=np.bool_)


def _names(rows: pd.DataFrame) -> str:
    parts = rows.astype("object").fillna({"subject": "(no name)", "session": "(no session)"})
    return ", ".join("/".join(map(str, row)) for row in parts.itertuples(index=False))


def _some(names: pd.MultiIndex) -> str:
    return some_of(["/".join(map(str, filter(None, name))) for name in names.unique()], 3)


def _unmatched(lost: pd.MultiIndex, unused: pd.DataFrame, keys: list[str], known: set[str]) -> str:
    """Name the subjects of either side that the other does not have; '' if there are none."""
    without = lost.unique().to_frame(index=False).replace("", None)
    texts = []
    if len(without):
        texts.append(f"{len(without)} in the table but not in participants: {_names(without)}")
    if len(unused):
        texts.append(f"{len(unused)} in participants but not in the table: {_names(unused[keys])}")
    if len(without) and len(keys) > 1 and without["session"].isna().all():
        texts[-1] += ". Hint: base runs have no session; leave them out by table[table['stream'] != 'base']"
    return "; ".join(texts) + _hint([name for name in without.iloc[:, 0] if name not in known], known)


def _without_sub(name: str) -> str:
    return name.removeprefix("sub-")


def _without_zeros(name: str) -> str:
    return name.lstrip("0")


_NAMES_OF_ID: Final = frozenset({"id", "subjectid", "subid", "subj", "subjid", "sub", "participant", "participantid"})
_HABITS: Final[tuple[tuple[Callable[[str], str], str, str], ...]] = (
    (_without_sub, "without 'sub-'", "with 'sub-' in front"),
    (_without_zeros, "without leading zeros", "with leading zeros"),
    (lambda name: _without_zeros(_without_sub(name)), "without 'sub-' and zeros", "with 'sub-' and zeros"),
    (composed, "stored in other letters of Unicode", "stored in other letters of Unicode"),
    (str.casefold, "in other capital or small letters", "in other capital or small letters"),
)
"""Ways in which the same name is written; what to say if the table or participants has more."""


def _hint(lost: list[str], known: set[str]) -> str:
    """Say if names would match but for a habit of writing; '' if not."""
    for plain, fewer, more in _HABITS:
        forms = {plain(str(name)) for name in known}
        alike = next((name for name in lost if plain(name) in forms), None)
        if alike is not None:
            return f". Hint: the same names {fewer if plain(alike) != alike else more} are in participants"
    return ""


def _with_columns(table: pd.DataFrame, columns: pd.DataFrame, place: Positions) -> pd.DataFrame:
    """Take the participants' rows at `place` (-1: none) beside the table's rows."""
    taken = columns.reset_index(drop=True).reindex(place).set_axis(table.index, axis=0)
    if isinstance(table["subject"].dtype, pd.CategoricalDtype):  # so many rows that text is kept as categories
        text = [name for name in taken.columns if isinstance(taken[name].dtype, pd.StringDtype)]
        taken = taken.assign(**{name: to_category(taken[name], sort=True) for name in text})
    return pd.concat([table, taken], axis=1)
