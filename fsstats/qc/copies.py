"""One person under two names: runs that equal each other, and sessions that are another subject's."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from fsstats._frames import FloatArray, Positions
from fsstats.qc._judgements import NOTHING, of_runs, together
from fsstats.qc._seen import Seen
from fsstats.schema import SUBJECT_KEY
from fsstats.tables.panel import number

_NEARLY_ALL: Final = 0.95
_LEAST_VALUES: Final = 10
_PROBES: Final = 8
_PER_PROBE: Final = 3
"""Runs that share these many values at once, in one of eight draws, are compared value by value."""
_MOST_ALIKE: Final = 50
"""Runs that look alike in more than so many pairs each are of a table with few different numbers."""
_NEARER: Final = 0.6
_LEAST_CELLS: Final = 20
_AT_ONCE: Final = 512


class _Twins(NamedTuple):
    """Two runs that equal each other in a part of the table."""

    one: int
    other: int
    source: str | None
    """None for the whole run."""
    hemi: str | None
    same: int
    n: int


def find_copies(seen: Seen) -> pd.DataFrame:
    """Find runs that equal another run in all or nearly all values, as a whole or in one file."""
    twins = [twin for part in _parts(seen) for twin in _twins_in(seen, *part)]
    parts: dict[tuple[int, int], list[_Twins]] = {}
    for twin in twins:
        if _are_strangers(seen, twin.one, twin.other):
            parts.setdefault((twin.one, twin.other), []).append(twin)
    rows = [row for (one, other), own in parts.items() for row in _of_pair(seen, one, other, own)]
    if not rows:
        return NOTHING
    runs, says, share, sources, hemis = zip(*rows, strict=True)
    labels = {"source": list(sources), "hemi": list(hemis), "unit": "unitless"}
    return of_runs(seen, np.array(runs), says, value=np.array(share), low=0.0, high=_NEARLY_ALL, labels=labels)


def _of_pair(
    seen: Seen, one: int, other: int, own: list[_Twins]
) -> list[tuple[int, str, float, str | None, str | None]]:
    """Give rows of both runs: one each if they are the same as a whole, else one a file."""
    own = [twin for twin in own if twin.source is None] or own
    rows: list[tuple[int, str, float, str | None, str | None]] = []
    for run, stranger in ((one, other), (other, one)):
        who = _who(seen, stranger)
        for twin in own:
            file = f"of {twin.hemi}.{twin.source} " if twin.hemi else f"of {twin.source} " if twin.source else ""
            look = "file: it may be a copy of the other's" if file else "images: is it one scan under two names?"
            text = f"{twin.same} of {twin.n} values {file}equal those of {who}. Look at the {look}"
            rows.append((run, text, twin.same / twin.n, twin.source, twin.hemi))
    return rows


def _who(seen: Seen, run: int) -> str:
    """Name a run."""
    return " ".join(str(part) for part in seen.panel.people[list(SUBJECT_KEY[:2])].iloc[run] if pd.notna(part))


def _are_strangers(seen: Seen, one: int, other: int) -> bool:
    """Say whether two runs ought to differ: all do, but those of one scan in several streams."""
    people = seen.panel.people[["subject", "session", "stream"]].iloc[[one, other]]
    same = [len(people[name].drop_duplicates()) == 1 for name in people]
    return not (same[0] and (same[1] or people["session"].isna().any()) and not same[2])


def _parts(seen: Seen) -> list[tuple[str | None, str | None, Positions]]:
    """Give the whole run, and its files: source, side and cells."""
    cells = seen.panel.cells[~seen.is_global]
    sided = seen.of_surface[~seen.is_global]
    hemi = cells["hemi"].astype("object").where(sided & cells["hemi"].notna(), None)
    place, first = number(pd.DataFrame({"source": cells["source"], "hemi": hemi}), ["source", "hemi"])
    index = cells.index.to_numpy()
    return [(None, None, index)] + [
        (str(cells["source"].iloc[at]), hemi.iloc[at] if isinstance(hemi.iloc[at], str) else None, index[place == k])
        for k, at in enumerate(first)
    ]


def _twins_in(seen: Seen, source: str | None, hemi: str | None, cells: Positions) -> list[_Twins]:
    """Find runs that equal each other in a file."""
    values = seen.panel.values[:, cells]
    usable = np.isfinite(values) & (values != 0)
    found = []
    for one, other in _candidates(np.where(usable, values, np.nan)):
        both = usable[one] & usable[other]
        n, same = int(both.sum()), int((both & (values[one] == values[other])).sum())
        if n >= _LEAST_VALUES and same >= _NEARLY_ALL * n:
            found.append(_Twins(one, other, source, hemi, same, n))
    return found


def _candidates(values: FloatArray) -> list[tuple[int, int]]:
    """Give pairs of runs that share three values in one of several draws of cells."""
    different = np.array([len(np.unique(column[~np.isnan(column)])) for column in values.T])
    best = np.argsort(-different, kind="stable")[: 4 * _PROBES]
    pairs: set[tuple[int, int]] = set()
    draws = np.random.default_rng(0)
    for _ in range(_PROBES if len(best) >= _PER_PROBE else 0):
        probe = values[:, draws.choice(best, _PER_PROBE, replace=False)]
        rows = np.flatnonzero(~np.isnan(probe).any(axis=1))
        _, group, size = np.unique(probe[rows], axis=0, return_inverse=True, return_counts=True)
        for k in np.flatnonzero(size > 1):
            own = rows[group.reshape(-1) == k].tolist()
            pairs.update((one, other) for i, one in enumerate(own) for other in own[i + 1 :][:_MOST_ALIKE])
    return sorted(pairs)


def find_swapped_sessions(seen: Seen) -> pd.DataFrame:
    """Find sessions that are much nearer to another subject than to the other sessions of their own."""
    found = []
    for rows in seen.by_stream:
        subject = pd.factorize(seen.panel.people["subject"].iloc[rows])[0]
        repeated = np.bincount(subject)[subject] > 1
        if repeated.any() and len(np.unique(subject)) > 1:
            found.append(_swapped(seen, rows, subject, repeated))
    return together(found)


def _swapped(seen: Seen, rows: Positions, subject: Positions, repeated: npt.NDArray[np.bool_]) -> pd.DataFrame:
    z = seen.scores.z[rows][:, _stable(seen)]
    z = z[:, ~np.isnan(z).all(axis=0)]
    if z.shape[1] < _LEAST_CELLS:
        return NOTHING
    own, others, nearest = _distances(np.clip(np.where(np.isnan(z), 0.0, z), -5, 5), subject)
    swapped = np.flatnonzero(repeated & (others < _NEARER * own))
    says = [
        f"this session is {own[k]:.2g} robust deviations from the nearest other session of its subject, but only "
        f"{others[k]:.2g} from {_who(seen, int(rows[nearest[k]]))}. Look at whether sessions were swapped"
        for k in swapped
    ]
    limit = others[swapped] / _NEARER
    return of_runs(seen, rows[swapped], says, value=own[swapped], low=0.0, high=limit, labels={"unit": "sd"})


def _stable(seen: Seen) -> npt.NDArray[np.bool_]:
    """Say which cells differ between people far more than within them: sizes of regions."""
    return seen.judged & ~seen.is_log & seen.panel.cells["measure"].isin(["volume", "area", "thickness"]).to_numpy()


def _distances(z: FloatArray, subject: Positions) -> tuple[FloatArray, FloatArray, Positions]:
    """Give for each run the distance (root mean square) to the nearest of its own, and of the others, and which."""
    square = (z**2).sum(axis=1)
    own, others = np.full(len(z), np.inf), np.full(len(z), np.inf)
    nearest = np.zeros(len(z), dtype=np.intp)
    for start in range(0, len(z), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        far = square[part, None] + square - 2 * z[part] @ z.T
        far = np.sqrt(np.maximum(far, 0) / z.shape[1])
        same = subject[part, None] == subject
        itself = np.arange(len(z))[part, None] == np.arange(len(z))
        own[part] = np.where(same & ~itself, far, np.inf).min(axis=1)
        strangers = np.where(same, np.inf, far)
        nearest[part], others[part] = strangers.argmin(axis=1), strangers.min(axis=1)
    return own, others, nearest
