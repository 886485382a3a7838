"""Sessions of one person that differ by more than anybody changes, and streams that contradict each other."""

from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, Positions
from fsstats.qc._judgements import NOTHING, figure, look_at, of_values, together
from fsstats.qc._robust import CONSISTENT, LEAST, median
from fsstats.qc._seen import Seen
from fsstats.qc.outliers import widened
from fsstats.tables.panel import BoolArray

_FAR: Final = 5.0
"""Robust deviations: changes have heavier tails than values."""
_LEAST_CHANGE: Final = 0.05
"""A smaller change (a year) is implausible nowhere, however alike the others are."""
_LEAST_BETWEEN_STREAMS: Final = 0.1
_SIZES: Final = ("volume", "area", "thickness")


class _Pairs(NamedTuple):
    """Pairs of runs of one subject."""

    one: Positions
    other: Positions
    span: FloatArray
    """Years between them, at least one; 1 where that is not known."""


def find_jumps(seen: Seen) -> pd.DataFrame:
    """Judge the change a year of each structure against every other session of its subject."""
    return together(_of_stream(seen, sessions) for sessions in seen.by_stream)


def _of_stream(seen: Seen, sessions: Positions) -> pd.DataFrame:
    pairs = _pairs_of(seen, sessions)
    cells = np.flatnonzero(_sized(seen))
    if len(pairs.one) < 2 * LEAST or not len(cells):
        return NOTHING
    logs = _logs(seen, cells)
    change = (logs[pairs.other] - logs[pairs.one]) / pairs.span[:, None]
    scale = CONSISTENT * median(np.abs(change))  # each pair is there in both directions, so the middle is 0
    runs, nearest = _least_of_each(pairs, change)
    n = (~np.isnan(change)).sum(axis=0) / 2
    limit = np.maximum(widened(n, _FAR) * scale, np.log1p(_LEAST_CHANGE))
    enough = (n >= LEAST) & (scale > 0)
    with np.errstate(invalid="ignore"):
        rows, places = np.nonzero((np.abs(nearest) > limit) & enough)
    kept = _the_odder_of_two(seen, pairs, runs[rows], cells[places])
    rows, places = rows[kept], places[kept]
    return _said(seen, runs[rows], cells[places], nearest[rows, places], limit[places], timed=seen.years is not None)


def _said(
    seen: Seen, runs: Positions, cells: Positions, by: FloatArray, limit: FloatArray, *, timed: bool
) -> pd.DataFrame:
    """Say it; what was to be expected is the limit around the value of the nearest other session."""
    value = seen.panel.values[runs, cells]
    before = value / np.exp(by)
    low, high = before * np.exp(-limit), before * np.exp(limit)
    year = " a year" if timed else ""
    says = [
        f"{seen.names[cell]} is {figure(v)}: it differs from every other session of the subject, by at least "
        f"{100 * np.expm1(abs(d)):.0f} %{year}, expected less than {100 * np.expm1(top):.0f} %. {at}, in all sessions"
        for cell, v, d, top, at in zip(
            cells, value, by, limit, look_at(seen.of_surface[cells], seen.is_global[cells]), strict=True
        )
    ]
    return of_values(seen, runs, cells, says, low=low, high=high)


def _sized(seen: Seen) -> BoolArray:
    """Say which cells are sizes of regions that everybody has."""
    sizes = seen.panel.cells["measure"].isin(_SIZES).to_numpy() & ~seen.is_global
    return np.asarray(sizes & seen.judged & ~seen.zero_allowed, dtype=np.bool_)


def _logs(seen: Seen, cells: Positions) -> FloatArray:
    values = seen.panel.values[:, cells]
    return np.asarray(np.log(np.where(np.isfinite(values) & (values > 0), values, np.nan)))


def _pairs_of(seen: Seen, rows: Positions) -> _Pairs:
    """Pair each session of a stream with every other of its subject."""
    people = seen.panel.people.iloc[rows]
    when = np.arange(len(rows)) if seen.years is None else seen.years[rows]
    by = pd.DataFrame({"subject": people["subject"], "when": when, "session": people["session"].astype("str")})
    own = by.assign(place=rows).sort_values(["when", "session"], kind="stable")
    pairs = own.merge(own, on="subject", suffixes=("", "_of_other"))
    pairs = pairs[pairs["place"] != pairs["place_of_other"]]
    span = np.ones(len(pairs))
    if seen.years is not None:
        between = np.abs(pairs["when_of_other"].to_numpy(np.float64) - pairs["when"].to_numpy(np.float64))
        span = np.where(np.isnan(between), 1.0, np.maximum(between, 1.0))
    return _Pairs(pairs["place"].to_numpy(dtype=np.intp), pairs["place_of_other"].to_numpy(dtype=np.intp), span)


def _least_of_each(pairs: _Pairs, change: FloatArray) -> tuple[Positions, FloatArray]:
    """Give for each run the change against that other session from which it differs least, with its sign."""
    order = np.argsort(pairs.other, kind="stable")
    runs, starts = np.unique(pairs.other[order], return_index=True)
    size = np.where(np.isnan(change), np.inf, np.abs(change))[order]
    least = np.minimum.reduceat(size, starts, axis=0)
    is_least = size == np.repeat(least, np.diff([*starts, len(order)]), axis=0)
    signed = np.where(is_least & np.isfinite(size), change[order], -np.inf)
    found = np.maximum.reduceat(signed, starts, axis=0)
    return runs, np.where(np.isfinite(found), found, np.nan)


def _the_odder_of_two(seen: Seen, pairs: _Pairs, runs: Positions, cells: Positions) -> BoolArray:
    """Say which findings to keep: of a subject with two sessions that which is further from the cohort.

    Each of the two differs from the other by the same.
    """
    partner = np.full(len(seen.panel.people), -1, dtype=np.intp)
    partner[pairs.other] = pairs.one
    n_others = np.bincount(pairs.other, minlength=len(partner))
    place = np.empty(len(partner), dtype=np.intp)
    place[pairs.one[::-1]] = np.arange(len(pairs.one))[::-1]
    far, of_partner = (np.nan_to_num(np.abs(seen.scores.z[own, cells])) for own in (runs, partner[runs]))
    later = place[runs] > place[partner[runs]]
    return np.asarray((n_others[runs] > 1) | (far > of_partner) | ((far == of_partner) & later))


def find_streams(seen: Seen) -> pd.DataFrame:
    """Judge the longitudinal run of a session against the cross-sectional run of the same session."""
    cells = np.flatnonzero(_sized(seen))
    cross, long = _same_sessions(seen)
    if len(long) < LEAST or not len(cells):
        return NOTHING
    logs = _logs(seen, cells)
    change = logs[long] - logs[cross]
    centre = median(change)
    scale = CONSISTENT * median(np.abs(change - centre))
    n = (~np.isnan(change)).sum(axis=0).astype(np.float64)
    half = np.maximum(widened(n, _FAR) * scale, np.log1p(_LEAST_BETWEEN_STREAMS))
    with np.errstate(invalid="ignore"):
        rows, places = np.nonzero((np.abs(change - centre) > half) & (scale > 0) & (n >= LEAST))
    return _contradictions(seen, long[rows], cross[rows], cells[places], (centre[places], half[places]))


def _contradictions(
    seen: Seen, long: Positions, cross: Positions, cells: Positions, usual: tuple[FloatArray, FloatArray]
) -> pd.DataFrame:
    value, other = seen.panel.values[long, cells], seen.panel.values[cross, cells]
    low, high = (other * np.exp(usual[0] + side * usual[1]) for side in (-1, 1))
    says = [
        f"{seen.names[cell]} is {figure(v)} in the longitudinal run and {figure(w)} in the cross-sectional one of the "
        f"same session, expected {figure(a)} to {figure(b)}. {at}, in both runs"
        for cell, v, w, a, b, at in zip(
            cells, value, other, low, high, look_at(seen.of_surface[cells], seen.is_global[cells]), strict=True
        )
    ]
    return of_values(seen, long, cells, says, low=low, high=high)


def _same_sessions(seen: Seen) -> tuple[Positions, Positions]:
    """Give the cross-sectional and the longitudinal run of each session that has both."""
    people = seen.panel.people[["subject", "session", "stream"]].astype("str").fillna("")
    own = people.assign(place=np.arange(len(people)))
    both = own[own["stream"] == "cross"].merge(own[own["stream"] == "long"], on=["subject", "session"])
    return both["place_x"].to_numpy(dtype=np.intp), both["place_y"].to_numpy(dtype=np.intp)
