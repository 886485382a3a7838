"""When each session was, onto the rows of a longitudinal table."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from fsstats._frames import require
from fsstats.errors import ColumnsError, TableError
from fsstats.tables.join import Unmatched, identified, join

TIME: Final = "time"
NUMBER: Final = "session_number"
_DATES: Final = "acq_time"
_AGES: Final = "age"
_DAYS_OF_A_YEAR: Final = 365.25
_KEYS: Final = ("subject", "session")


def sessions(
    table: pd.DataFrame,
    visits: pd.DataFrame | Mapping[str, pd.DataFrame],
    *,
    when: str | None = None,
    unmatched: Unmatched = "raise",
) -> pd.DataFrame:
    """Put the time of each session, and what else is known of it, onto every row of a table.

    Parameters
    ----------
    table : DataFrame
        A long or wide table with the columns ``subject`` and ``session``.
    visits : DataFrame or mapping of str to DataFrame
        One row per subject and session: a participants.tsv with sessions, under ``subject`` or
        ``participant_id`` and ``session`` or ``session_id``; or BIDS' ``sub-01_sessions.tsv`` tables,
        which do not name the subject, as ``{"sub-01": ...}``.
    when : str, optional
        The column of `visits` that says when a session was: dates (ISO 8601) or numbers, the age in years. By
        default ``acq_time``, or else ``age``.
    unmatched : {"raise", "keep", "drop"}
        What to do if a session is on one side only: raise; or warn and keep the table's rows with missing
        values; or warn and drop these rows. All names are in the error or the warning.

    Returns
    -------
    DataFrame
        The table's rows in their order and, behind its columns, those of `visits`, ``time`` and ``session_number``.

    Raises
    ------
    TableError
        If a session has no match (with ``unmatched="raise"``), if `visits` has one twice, or one without a date
        or age, or if both tables have a column of the same name.
    ColumnsError
        If either lacks a column that is needed.
    UnknownNameError
        If `unmatched` is none of the three.

    Warns
    -----
    FsstatsWarning
        With ``unmatched="keep"`` or ``"drop"``, naming every session without a match on either side.

    Notes
    -----
    ``time`` is in years (of 365.25 days) since the first session of the subject that `visits` lists, and
    ``session_number`` counts its sessions from 1 in the order of time, equal times in the order of `visits`.
    A subject with one session has time 0. Base runs are of no session: their rows stay, with missing values.
    Sessions are matched as they are written, so ``01`` is not ``ses-01``.

    Examples
    --------
    >>> table = pd.DataFrame({"subject": ["sub-01"] * 2, "session": ["ses-1", "ses-2"], "value": [3.1, 3.0]})
    >>> visits = pd.DataFrame({"session_id": ["ses-1", "ses-2"], "acq_time": ["2020-01-01", "2022-01-01"]})
    >>> sessions(table, {"sub-01": visits})[["subject", "session", "value", "time", "session_number"]].round(2)
      subject session  value  time  session_number
    0  sub-01   ses-1    3.1   0.0               1
    1  sub-01   ses-2    3.0   2.0               2
    """
    require(table, _KEYS, needed_by="sessions")
    listed = _listed(visits)
    when = _column_of_time(listed, when)
    plain = table.reset_index(drop=True)
    has_session = _of_a_session(plain)
    timed = _with_time(plain[has_session], listed, when)
    joined = join(plain[has_session], timed, unmatched=unmatched)
    new = joined.columns[len(table.columns) :]
    kept = np.sort(np.concatenate([joined.index.to_numpy(), np.flatnonzero(~has_session.to_numpy())]))
    found = pd.concat([plain, joined[new].reindex(plain.index)], axis=1).iloc[kept]
    return found.set_axis(table.index[kept], axis=0)


def _listed(visits: object) -> pd.DataFrame:
    """Give one table of all subjects' sessions."""
    if isinstance(visits, pd.DataFrame):
        return visits
    tables: dict[str, Any] = dict(visits) if isinstance(visits, Mapping) else {"": visits}
    if not all(isinstance(one, pd.DataFrame) for one in tables.values()):
        message = f"visits must be a table, or a table of each subject, not {visits!r}; fsstats.read_table reads one"
        raise TableError(message)
    named = [one.assign(participant_id=subject) for subject, one in tables.items()]
    return pd.concat(named, ignore_index=True) if named else pd.DataFrame(columns=["subject", "session"])


def _column_of_time(visits: pd.DataFrame, when: str | None) -> str:
    names = [when] if when is not None else [_DATES, _AGES]
    found = next((name for name in names if name in visits.columns), None)
    if found is None:
        raise ColumnsError.missing(names[:1], map(str, visits.columns), needed_by="sessions (visits)")
    return found


def _of_a_session(table: pd.DataFrame) -> pd.Series:
    """Say which rows are of a session: those of a base are of all its subject's sessions."""
    if "stream" not in table.columns:
        return pd.Series(data=True, index=table.index)
    return (table["stream"] != "base") | table["session"].notna()


def _with_time(table: pd.DataFrame, visits: pd.DataFrame, when: str) -> pd.DataFrame:
    """Give the sessions under our names, with their time and number."""
    people, keys = identified(table, visits)
    if keys != list(_KEYS):
        side = "visits" if table["session"].notna().any() else "the table"
        message = f"{side} names no sessions; without sessions, join(table, participants) is enough"
        raise TableError(message)
    collisions = [name for name in (TIME, NUMBER) if name in people.columns or name in table.columns]
    if collisions:
        message = f"there is a column {collisions[0]!r} already, which sessions would make; rename or drop it"
        raise TableError(message)
    if when not in people.columns:
        raise ColumnsError.missing([when], map(str, people.columns), needed_by="sessions (a column of time)")
    years = _years(people, when)
    first = years.groupby(people["subject"], sort=False).transform("min")
    number = years.groupby(people["subject"], sort=False).rank(method="first")
    return people.assign(**{TIME: years - first, NUMBER: number.astype("Int64")})


def _require_times(columns: pd.DataFrame, when: str) -> None:
    """Raise for what cannot be dates or ages: truth values, dates as whole numbers, several columns of the name."""
    found = "several columns" if columns.shape[1] > 1 else str(columns.dtypes.iloc[0])
    numeric = pd.api.types.is_numeric_dtype(columns.dtypes.iloc[0])
    if columns.shape[1] > 1 or columns.dtypes.iloc[0].kind in "bc" or (numeric and when == _DATES):
        message = f"{when!r} must hold ISO dates (2020-01-31), or years as numbers, found {found}"
        raise TableError(message)


def _years(people: pd.DataFrame, when: str) -> pd.Series:
    """Give the time of each session in years from some moment; every session must have one."""
    _require_times(people[[when]], when)
    column = people[when]
    if pd.api.types.is_numeric_dtype(column.dtype):
        years = column.astype("float64")
    elif when == _AGES:
        years = pd.to_numeric(column.astype("str"), errors="coerce").astype("float64")
    else:
        dates = pd.to_datetime(column.astype("str"), format="ISO8601", errors="coerce", utc=True)
        years = (dates - dates.min()) / pd.Timedelta(days=_DAYS_OF_A_YEAR)
    unknown = people[~np.isfinite(years.to_numpy(dtype=np.float64, na_value=np.nan))]
    if len(unknown):
        names = ", ".join(
            f"{subject}/{session} ({value})"
            for subject, session, value in unknown[[*_KEYS, when]].itertuples(index=False)
        )
        hint = "Without it no time since the first session is known; drop these rows of visits"
        message = f"{len(unknown)} session(s) without an ISO date or a number in {when!r}: {names}. {hint}"
        raise TableError(message)
    return years
