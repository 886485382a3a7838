"""What a run lacks: files, and values that most runs of the same kind have."""

from collections.abc import Hashable, Mapping
from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import Positions
from fsstats.qc._judgements import NOTHING, of_runs, together
from fsstats.qc._seen import Seen
from fsstats.schema import GLOBAL, GOOD, JUDGEMENTS, SUBJECT_KEY
from fsstats.tables import problems
from fsstats.tables.panel import BoolArray, number

_SOME: Final = 3
"""Fewer runs than this tell nothing of what is usual."""
_PARTS: Final = (
    (("source",), "no values of {source}"),
    (("source", "hemi"), "no values of the {side} hemisphere in {source}"),
    (("source", "measure"), "no {measure} in {source}"),
    (("source", "hemi", "region"), "no values of {side}{region} in {source}"),
    (("source", "hemi", "region", "measure"), "no {measure} of {side}{region} in {source}"),
)
"""What can be lacking, the largest first, and how it is said."""
_SIDES: Final = {"lh": "left", "rh": "right"}


def find_files(seen: Seen) -> pd.DataFrame:
    """Take over what is wrong with the files; mixed versions have a rule of their own."""
    if seen.files is None:
        return NOTHING
    found = problems(seen.files)
    found = found[found["rule"] != "versions"]
    says = [
        f"{'.'.join(str(part) for part in (hemi, source) if isinstance(part, str)) or 'all files'}: {rule}: {text}"
        for hemi, source, rule, text in found[["hemi", "source", "rule", "problem"]].itertuples(index=False, name=None)
    ]
    own = found.assign(severity=found["level"], says=says)
    return own.reindex(columns=[name for name in JUDGEMENTS if name != "rule"])


def find_missing(seen: Seen) -> pd.DataFrame:
    """Find what a run has no rows of, though most runs of its stream and version have."""
    kinds = _kinds_of_run(seen)
    lacking = np.zeros_like(seen.has)
    for source, kind in kinds.items():
        cells = np.flatnonzero(seen.panel.cells["source"] == source)
        has = seen.has[:, cells]
        for one in np.unique(kind):
            rows = np.flatnonzero(kind == one)
            lacking[np.ix_(rows, cells)] = _due(has[rows]) & ~has[rows]
    return _said(seen, lacking & ~seen.elsewhere & ~_accounted(seen), seen.has, "absent")


def find_missing_values(seen: Seen) -> pd.DataFrame:
    """Find values that are NaN, though most runs of the stream have a number."""
    number_there = np.isfinite(seen.panel.values)
    lacking = np.zeros_like(seen.has)
    streams = pd.factorize(seen.panel.people["stream"])[0]
    for stream in np.unique(streams):
        rows = np.flatnonzero(streams == stream)
        lacking[rows] = seen.has[rows] & np.isnan(seen.panel.values[rows]) & _due(number_there[rows])
    return _said(seen, lacking & ~_of_empty(seen), number_there | ~seen.has, "missing (NaN)")


def _due(has: BoolArray) -> BoolArray:
    """Say which cells most of some runs have."""
    return np.asarray((has.sum(axis=0) * 2 > len(has)) & (len(has) >= _SOME))


def _kinds_of_run(seen: Seen) -> dict[str, Positions]:
    """Give for each source the runs' kinds, by stream and version; a run without the source is of the usual kind."""
    streams = pd.factorize(seen.panel.people["stream"])[0].astype(np.intp)
    found = {}
    for source in seen.panel.cells["source"].unique():
        version = np.full(len(streams), None, dtype=object)
        if seen.versions is not None:
            own = seen.versions[seen.versions["source"] == source]
            version[own["run"].to_numpy(dtype=np.intp)] = own["version"].to_numpy()
            for stream in np.unique(streams):
                rows = streams == stream
                usual = pd.Series(version[rows], dtype=object).mode()
                version[rows & pd.isna(version)] = usual.iloc[0] if len(usual) else None
        found[str(source)] = number(pd.DataFrame({"stream": streams, "version": version}), ["stream", "version"])[0]
    return found


def _accounted(seen: Seen) -> BoolArray:
    """Say which cells belong to files of which `find_files` speaks already."""
    known = np.zeros_like(seen.has)
    if seen.files is None:
        return known
    bad = seen.files[~seen.files["status"].isin(GOOD)]
    runs = {key: place for place, key in enumerate(_keys(seen.panel.people))}
    sources, hemis = (seen.panel.cells[name].to_numpy(dtype=object) for name in ("source", "hemi"))
    for key, source, hemi in zip(_keys(bad), bad["source"], bad["hemi"], strict=True):
        if key in runs and isinstance(source, str):
            known[runs[key]] |= (sources == source) & ((hemis == hemi) | (not isinstance(hemi, str)))
    return known


def _keys(people: pd.DataFrame) -> list[tuple[str, ...]]:
    return [*people[list(SUBJECT_KEY)].astype("str").fillna("").itertuples(index=False, name=None)]


def _of_empty(seen: Seen) -> BoolArray:
    """Say which values are of structures that a run has not: they have no intensities."""
    region, _ = number(seen.panel.cells, ["source", "hemi", "region"])
    sizes = seen.panel.cells["measure"].isin(["volume", "n_voxels", "n_vertices", "area"]).to_numpy()
    empty = np.zeros((len(seen.panel.people), int(region.max(initial=-1)) + 1), dtype=np.bool_)
    for cell in np.flatnonzero(sizes & ~seen.is_global):
        empty[:, region[cell]] |= seen.panel.values[:, cell] == 0
    found: BoolArray = empty[:, region]
    return found


def _said(seen: Seen, lacking: BoolArray, has: BoolArray, how: str) -> pd.DataFrame:
    """Say what is lacking in as few rows as possible: a whole source, a side, a measure, a region, a value."""
    if not lacking.any():
        return NOTHING
    cells = seen.panel.cells[["source", "hemi", "region", "measure"]].astype("object")
    parts = []
    left = lacking.copy()
    for columns, text in _PARTS:
        part, first = number(cells, list(columns))
        whole = _whole(lacking, has, left, part, len(first))
        if columns == ("source", "hemi"):
            whole[:, cells["hemi"].iloc[first].isna()] = False  # what has no side is no side
        runs, numbers = np.nonzero(whole)
        labels = cells.iloc[first[numbers]].reset_index(drop=True)
        labels = labels.where(labels.notna(), None)
        says = [_sentence(text, how, row) for row in labels.to_dict("records")]
        optional = seen.zero_allowed[first[numbers]] if "region" in columns else np.zeros(len(runs), dtype=np.bool_)
        severity = ["note" if one else None for one in optional]
        own = {name: labels[name].to_numpy(dtype=object) for name in columns}
        parts.append(of_runs(seen, runs, says, severity=severity, labels=own))
        left &= ~whole[:, part]
    return together(parts)


def _whole(lacking: BoolArray, has: BoolArray, left: BoolArray, part: Positions, n_parts: int) -> BoolArray:
    """Say of which parts a run has nothing at all and lacks something that was not said yet; shape (runs, parts)."""
    order = np.argsort(part, kind="stable")
    starts = np.searchsorted(part[order], np.arange(n_parts))
    anything = np.logical_or.reduceat((has & ~lacking)[:, order], starts, axis=1)
    unsaid = np.logical_or.reduceat(left[:, order], starts, axis=1)
    return np.asarray(unsaid & ~anything)


def _sentence(text: str, how: str, row: Mapping[Hashable, object]) -> str:
    side = _SIDES.get(str(row["hemi"]), "") if isinstance(row["hemi"], str) else ""
    named = {"source": row["source"], "measure": row["measure"]}
    if row["region"] == GLOBAL:
        return text.format(**named, side="", region="the header").replace("of the header", "in the header") + _due_text(
            how
        )
    behind = side if "hemisphere" in text else f"{side} " if side else ""
    return text.format(**named, side=behind, region=row["region"]) + _due_text(how)


def _due_text(how: str) -> str:
    return f": {how} here, there in most runs alike. Look at the file, and at the log of the run"
