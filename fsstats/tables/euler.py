"""Holes and Euler numbers of the surfaces, one row per run: the usual measure of an image's quality."""

from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import first_row, require
from fsstats.errors import TableError, warn
from fsstats.schema import GLOBAL, HEMIS, LONG, SUBJECT_KEY

_FIELDS: Final = {f"{hemi}SurfaceHoles": f"{hemi}_holes" for hemi in HEMIS}
"""Measure to column."""
_FIRST: Final = ("aseg", "recon-all", "recon-surf")
"""Sources in the order in which they are taken; others follow by name."""
_COLUMNS: Final = (*_FIELDS.values(), "holes", *(f"{hemi}_euler" for hemi in HEMIS), "euler")


def euler(table: pd.DataFrame) -> pd.DataFrame:
    r"""Give the holes and Euler numbers of each run's surfaces before they were fixed.

    Parameters
    ----------
    table : DataFrame
        A long table with the Measures ``lhSurfaceHoles`` and ``rhSurfaceHoles`` of aseg, or of recon-all's log
        (``sources=["aseg", "recon-all"]``). Leave its other measures in: a longitudinal run that has no row
        at all is not known here.

    Returns
    -------
    DataFrame
        One row per subject, session and stream of the table, sorted by subject and session: ``lh_holes``, ``rh_holes``
        and ``holes``, their sum; ``lh_euler``, ``rh_euler`` and ``euler``, their sum; ``taken_from``, the source;
        ``from_stream``; and ``disagreement``, what another source says that says otherwise. NaN where there is nothing.

    Raises
    ------
    ColumnsError
        If it is no long table.
    TableError
        If a run has two numbers of holes from one source.

    Warns
    -----
    FsstatsWarning
        If two sources disagree on a run, naming the run; both numbers are of the one in ``taken_from``.

    Notes
    -----
    The Euler number of a hemisphere is 2 - 2 x holes, as in FreeSurfer's ``mris_euler_number``: 2 for a sphere, and
    the lower the more there was to repair. That of both is the sum; Rosen et al. (2018, NeuroImage 169:407-418)
    use half of it, the mean.

    A longitudinal run has no surfaces of its own to fix, so FreeSurfer prints no holes there: it gets those of the
    cross-sectional run of its subject and session, if the table has it, and ``from_stream`` is then ``cross``. All
    numbers of a run are of one source; aseg goes first, then recon-all's log.

    Examples
    --------
    >>> from fsstats.parsers import long_table, parse_stats
    >>> text = "# Measure lhSurfaceHoles, lhSurfaceHoles, Holes, 16, unitless\n"
    >>> text += "# Measure rhSurfaceHoles, rhSurfaceHoles, Holes, 24, unitless\n"
    >>> table = long_table(parse_stats(text, where="aseg.stats"), subject="sub-01")
    >>> euler(table)[["subject", "stream", "holes", "lh_euler", "rh_euler", "euler", "taken_from"]]
      subject stream  holes  lh_euler  rh_euler  euler taken_from
    0  sub-01  cross   40.0     -30.0     -46.0  -76.0       aseg
    """
    require(table, LONG, needed_by="euler")
    runs = table[list(SUBJECT_KEY)].drop_duplicates().astype("str")
    runs = runs.sort_values(["subject", "session"], kind="stable", ignore_index=True)
    holes = _holes(table)
    best = holes.drop_duplicates(list(SUBJECT_KEY)).merge(_disagreements(holes), how="left", on=list(SUBJECT_KEY))
    own = runs.merge(best, how="left", on=list(SUBJECT_KEY)).assign(from_stream=runs["stream"])
    cross = best[best["stream"] == "cross"].assign(stream="long", from_stream="cross")
    borrowed = runs.merge(cross, how="left", on=list(SUBJECT_KEY))
    found = own.where(own["taken_from"].notna(), borrowed)
    _warn(found)
    lh, rh = (found[f"{hemi}_holes"].astype("float64") for hemi in HEMIS)
    numbers = [lh, rh, lh + rh, 2 - 2 * lh, 2 - 2 * rh, 4 - 2 * (lh + rh)]
    about = found[["taken_from", "from_stream", "disagreement"]].astype("str")
    return pd.concat([runs, pd.DataFrame(dict(zip(_COLUMNS, numbers, strict=True))), about], axis=1)


def _holes(table: pd.DataFrame) -> pd.DataFrame:
    """Give the holes by run and source, the source that goes first of a run on top."""
    chosen = (table["region"] == GLOBAL) & table["measure"].isin(_FIELDS) & table["value"].notna()
    rows = table.loc[chosen, [*SUBJECT_KEY, "source", "measure", "value"]]
    rows = rows.astype(dict.fromkeys([*SUBJECT_KEY, "source", "measure"], "str"))
    keys = [*SUBJECT_KEY, "source"]
    repeated = rows[rows.duplicated([*keys, "measure"])]
    if len(repeated):
        what = first_row(repeated[[*keys, "measure"]])
        message = f"{len(repeated)} number(s) of holes occur twice, the first is {what}"
        raise TableError(message)
    sides = [rows[rows["measure"] == field].drop(columns="measure") for field in _FIELDS]
    lh, rh = (side.rename(columns={"value": name}) for side, name in zip(sides, _FIELDS.values(), strict=True))
    holes = lh.merge(rh, how="outer", on=keys)
    place = holes["source"].map({name: i for i, name in enumerate(_FIRST)}).fillna(len(_FIRST))
    return (
        holes.assign(place=place)
        .sort_values(["place", "source"], kind="stable")
        .rename(columns={"source": "taken_from"})
    )


def _disagreements(holes: pd.DataFrame) -> pd.DataFrame:
    """Say of each run what the sources that are not taken say otherwise."""
    names = list(_FIELDS.values())
    taken = holes.drop_duplicates(list(SUBJECT_KEY))[[*SUBJECT_KEY, *names]]
    first = holes[list(SUBJECT_KEY)].merge(taken, how="left", on=list(SUBJECT_KEY))[names].set_axis(holes.index)
    other = holes[names].notna() & (holes[names] != first)  # also where the one that is taken has none
    apart = holes[other.any(axis=1)]
    texts = [
        f"{source}: {_number(lh)} and {_number(rh)}"
        for source, lh, rh in zip(apart["taken_from"], apart["lh_holes"], apart["rh_holes"], strict=True)
    ]
    said = apart[list(SUBJECT_KEY)].assign(disagreement=np.array(texts, dtype=object))
    return said.groupby(list(SUBJECT_KEY), dropna=False, sort=False)["disagreement"].agg("; ".join).reset_index()


def _number(value: float) -> str:
    return "none" if np.isnan(value) else f"{value:g}"


def _warn(found: pd.DataFrame) -> None:
    apart = found[found["disagreement"].notna() & (found["stream"] == found["from_stream"])]
    if len(apart):
        runs = [
            f"{' / '.join(map(str, run[list(SUBJECT_KEY)].dropna()))} (taken from {run['taken_from']}; "
            f"{run['disagreement']})"
            for _, run in apart.iterrows()
        ]
        warn(f"sources disagree on the holes of {len(apart)} run(s): {', '.join(runs)}")
