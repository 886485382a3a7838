"""What quality control found: in whom most, and by which rule."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from fsstats._frames import plain_rows
from fsstats.errors import TableError
from fsstats.plots._judged import LOOKS, counts_of, rule_text, say_nothing
from fsstats.plots._style import axes_of, height_of, legend, plain
from fsstats.qc import worklist
from fsstats.schema import SEVERITIES, SUBJECT_KEY

_MANY = 999


def quality_runs(judgements: pd.DataFrame, *, most: int = 30, ax: Axes | None = None) -> Axes:
    """Draw which rules of quality control found something in which runs, those first that matter most.

    Parameters
    ----------
    judgements : DataFrame
        What ``qc.judge`` gave.
    most : int
        How many runs are drawn: the first of ``qc.worklist``.
    ax : Axes, optional
        Where to draw; by default in a new figure, as large as runs and rules need.

    Returns
    -------
    Axes
        The drawing: a mark where a rule found something in a run, of the worst severity, with the number of judgements.

    Raises
    ------
    ColumnsError
        If it is no judgements table.
    UnknownNameError
        If a severity is none of error, warning and note.
    TableError
        If `most` is less than 1.

    Notes
    -----
    Judgements of the whole cohort, which are of no run, are not in it.

    Examples
    --------
    >>> from fsstats.qc import judge
    >>> table = pd.DataFrame({"subject": [f"s{k}" for k in range(12)], "session": None, "stream": "cross"})
    >>> table = table.assign(source="aparc", hemi="lh", region="insula", measure="thickness", unit="mm")
    >>> table = table.assign(value=[3.0, 3.1, 2.9, 3.05, 2.95, 3.0, 3.1, 2.9, 4.2, 2.8, 3.0, 5.2])
    >>> ax = quality_runs(judge(table))
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['s11', 's8']
    """
    if most < 1:
        message = f"quality_runs: expected most to be 1 or more, found {most}"
        raise TableError(message)
    rules = counts_of(judgements, needed_by="quality_runs").index.tolist()
    runs = worklist(judgements)
    shown = plain_rows(runs[list(SUBJECT_KEY)].head(most))
    cells = _cells(judgements, shown)
    rules = [rule for rule in rules if rule in {rule for _, rule in cells}]
    ax = axes_of(ax, width=max(4.0, 2.4 + 0.42 * len(rules)), height=height_of(len(shown), row=0.24, beside=1.8))
    if not shown:
        return say_nothing(ax)
    for severity, (colour, _, marker) in LOOKS.items():
        own = [(rules.index(rule), run) for (run, rule), (worst, _) in cells.items() if worst == severity]
        x, y = np.array(own, dtype=np.float64).reshape(-1, 2).T
        ax.scatter(
            x,
            y,
            s=95 if marker == "D" else 130,
            marker=marker,
            facecolors=[(colour, 0.3)],
            edgecolors=colour,
            gid=severity,
        )
    for (run, rule), (worst, n) in cells.items():
        text = f"{n}" if n <= _MANY else f">{_MANY}"
        weight = "bold" if worst == "error" else "normal"
        ax.text(rules.index(rule), run, text, ha="center", va="center_baseline", fontsize=6, fontweight=weight)
    _name(ax, shown, rules)
    ax.set_xlabel(f"the first {len(shown)} of {len(runs)} runs that have judgements" if len(shown) < len(runs) else "")
    found = {worst for worst, _ in cells.values()}
    legend(ax, [_handle(severity) for severity in LOOKS if severity in found], drop=2.0)
    return ax


def _cells(judgements: pd.DataFrame, shown: list[tuple[str | None, ...]]) -> dict[tuple[int, str], tuple[str, int]]:
    """Give for each run that is shown and each rule the worst severity and the number of judgements."""
    places = {run: at for at, run in enumerate(shown)}
    columns = [*SUBJECT_KEY, "rule", "severity"]
    counts = judgements.dropna(subset="subject")[columns].astype("str").value_counts(dropna=False, sort=False)
    found: dict[tuple[int, str], tuple[str, int]] = {}
    for (*run, rule, severity), n in zip(plain_rows(counts.index.to_frame()), counts, strict=True):
        if tuple(run) in places:
            key = places[tuple(run)], rule
            worst, so_far = found.get(key, (severity, 0))
            found[key] = min(worst, severity, key=list(SEVERITIES).index), so_far + int(n)
    return found


def _name(ax: Axes, shown: list[tuple[str | None, ...]], rules: list[str]) -> None:
    """Name the runs at the left, the first on top, and the rules above."""
    streams = {stream for _, _, stream in shown}
    names = [" ".join(filter(None, run if len(streams) > 1 else run[:2])) for run in shown]
    ax.set_yticks(range(len(names)), labels=list(map(plain, names)), fontsize="small")
    ax.xaxis.tick_top()
    turned: dict[str, Any] = {"rotation": 45, "ha": "left", "rotation_mode": "anchor"}
    ax.set_xticks(range(len(rules)), labels=list(map(rule_text, rules)), fontsize="small", **turned)
    ax.set_xlim(-0.6, len(rules) - 0.4)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.tick_params(length=0)
    ax.grid(alpha=0.25, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.spines[:].set_visible(False)


def _handle(severity: str) -> Line2D:
    colour, _, marker = LOOKS[severity]
    return Line2D(
        [],
        [],
        marker=marker,
        markersize=9,
        markerfacecolor=(colour, 0.3),
        markeredgecolor=colour,
        linestyle="none",
        label=severity,
    )
