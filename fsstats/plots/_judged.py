"""What figures of judgements share: their counts, and what each severity looks like."""

from typing import Final

import pandas as pd
from matplotlib.axes import Axes

from fsstats._frames import require
from fsstats.errors import UnknownNameError
from fsstats.plots._style import HATCHES, PALETTE, ink, plain
from fsstats.schema import JUDGEMENTS, SEVERITIES

LOOKS: Final = {
    "error": (PALETTE[1], HATCHES[0], "s"),
    "warning": (PALETTE[0], HATCHES[1], "D"),
    "note": (PALETTE[6], HATCHES[2], "o"),
}
"""Colour, hatch and marker of each severity."""


def counts_of(judgements: pd.DataFrame, *, needed_by: str) -> pd.DataFrame:
    """Count judgements by rule and severity.

    Parameters
    ----------
    judgements : DataFrame
        What ``qc.judge`` gave.
    needed_by : str
        Who asks, for errors.

    Returns
    -------
    DataFrame
        A row a rule, a column a severity; rules with errors first, then those with warnings, each by their number.

    Raises
    ------
    ColumnsError
        If it is no judgements table.
    UnknownNameError
        If a severity does not exist.

    Examples
    --------
    >>> judgements = pd.DataFrame(
    ...     {"rule": ["range", "outlier", "outlier"], "severity": ["error", "warning", "warning"]}
    ... )
    >>> counts_of(judgements.reindex(columns=list(JUDGEMENTS)), needed_by="me").to_dict("index")["outlier"]
    {'error': 0, 'warning': 2, 'note': 0}
    """
    require(judgements, JUDGEMENTS, needed_by=needed_by)
    severity = judgements["severity"].astype("str")
    strange = next((name for name in severity.unique() if name not in SEVERITIES), None)
    if strange is not None:
        raise UnknownNameError.among("severity", strange, SEVERITIES)
    counts = pd.crosstab(judgements["rule"].astype("str"), severity).reindex(columns=list(SEVERITIES), fill_value=0)
    worst = counts.gt(0).to_numpy().argmax(axis=1)
    return counts.assign(worst=worst, total=counts.sum(axis=1)).sort_values(
        ["worst", "total"], ascending=[True, False], kind="stable"
    )[list(SEVERITIES)]


def rule_text(rule: object) -> str:
    """Give a rule's name as it is printed."""
    return plain(str(rule).replace("_", " "))


def say_nothing(ax: Axes) -> Axes:
    """Say that nothing was found, which is good news and no error."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, "nothing was found", transform=ax.transAxes, ha="center", va="center", color=ink())
    return ax
