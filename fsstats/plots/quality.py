"""What quality control found: how much by which rule."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from fsstats.plots._judged import LOOKS, counts_of, rule_text, say_nothing
from fsstats.plots._style import axes_of, height_of, legend, remark
from fsstats.schema import SUBJECT_KEY


def quality(judgements: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw how many judgements of quality control there are, by rule and severity.

    Parameters
    ----------
    judgements : DataFrame
        What ``qc.judge`` gave.
    ax : Axes, optional
        Where to draw; by default in a new figure, which is as high as the rules need.

    Returns
    -------
    Axes
        The drawing: a bar for each rule that found something, those with errors on top, then by their number.

    Raises
    ------
    ColumnsError
        If it is no judgements table.
    UnknownNameError
        If a severity is none of error, warning and note.

    Examples
    --------
    >>> from fsstats.qc import judge
    >>> table = pd.DataFrame({"subject": [f"s{k}" for k in range(12)], "session": None, "stream": "cross"})
    >>> table = table.assign(source="aparc", hemi="lh", region="insula", measure="thickness", unit="mm")
    >>> table = table.assign(value=[3.0, 3.1, 2.9, 3.05, 2.95, 3.0, 3.1, 2.9, 4.2, 2.8, 3.0, 5.2])
    >>> ax = quality(judge(table))
    >>> [label.get_text() for label in ax.get_yticklabels()], ax.get_title(loc="right")
    (['range', 'outlier'], '3 judgements of 2 runs')
    """
    counts = counts_of(judgements, needed_by="quality")
    ax = axes_of(ax, height=height_of(len(counts), row=0.3))
    if not len(counts):
        return say_nothing(ax)
    place, left = np.arange(len(counts)), np.zeros(len(counts))
    for severity in LOOKS:
        own = counts[severity].to_numpy(dtype=np.float64)
        ax.barh(place, own, left=left, height=0.7, gid=severity, **_look(severity))
        left += own
    for at, total in zip(place, left, strict=True):
        ax.annotate(f"{total:.0f}", (total, at), (3, 0), textcoords="offset points", va="center", fontsize="small")
    ax.set_yticks(place, labels=list(map(rule_text, counts.index)))
    ax.set_ylim(len(counts) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(0, 1.08 * left.max())
    ax.set_xlabel("judgements")
    ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))
    legend(ax, [_handle(name, int(counts[name].sum())) for name in LOOKS if counts[name].any()])
    runs = judgements.dropna(subset="subject")[list(SUBJECT_KEY)].drop_duplicates()
    remark(ax, f"{left.sum():.0f} judgements of {len(runs)} runs")
    return ax


def _look(severity: str) -> dict[str, Any]:
    colour, hatch, _ = LOOKS[severity]
    return {"facecolor": (colour, 0.3 if hatch else 0.9), "edgecolor": colour, "hatch": hatch}


def _handle(severity: str, n: int) -> Patch:
    return Patch(label=f"{severity} ({n})", **_look(severity))
