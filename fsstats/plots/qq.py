"""p-values against what they would be if nothing were there."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy.stats import beta

from fsstats._frames import FloatArray, require
from fsstats.errors import TableError
from fsstats.plots._choice import Names
from fsstats.plots._names import LOG, P_VALUES, series_text
from fsstats.plots._results import analysis_of, minus_log10, numbers_of, series_of
from fsstats.plots._style import MARKERS, PALETTE, axes_of, ink, legend, mark, nth, remark


def qq(
    results: pd.DataFrame,
    *,
    p: str = "p_value",
    by: str | None = None,
    conf_level: float = 0.95,
    term: Names = None,
    measure: Names = None,
    source: Names = None,
    ax: Axes | None = None,
) -> Axes:
    r"""Draw sorted p-values against those expected without any effect, on a logarithmic scale.

    Parameters
    ----------
    results : DataFrame
        The results table of any statistic.
    p : str
        The column of p-values, not corrected for the number of tests.
    by : str, optional
        A column whose values are drawn apart, with a colour and a marker each.
    conf_level : float
        Of the band.
    term, measure, source : str or collection of str, optional
        What is drawn of a table that holds more.
    ax : Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    Axes
        The drawing.

    Raises
    ------
    TableError
        If there are several terms or measures and none is chosen, no p-value, or one that is not between 0 and 1.
    UnknownNameError
        If a name does not exist.
    ColumnsError
        If it is no results table.

    Notes
    -----
    The i-th smallest of m p-values is drawn at :math:`i / (m + 1)`, its mean where there is no effect. The band is that
    of its distribution, beta with i and m + 1 - i, one p-value at a time. It holds for independent tests: those of
    neighbouring regions are not, and stray beyond it more often. A p-value of 0, too small for a computer, is drawn at
    the upper edge. With `by` the band is that of the largest number of p-values.

    Examples
    --------
    >>> results = pd.DataFrame({"source": "aparc", "hemi": "lh", "region": ["insula", "cuneus", "lingual"]})
    >>> results = results.assign(measure="area", term="age", p_value=[0.002, 0.4, None])
    >>> ax = qq(results)
    >>> ax.get_title(loc="right")
    '2 tests; 1 without p'
    """
    rows = analysis_of(results, needed_by="qq", by=by, term=term, measure=measure, source=source)
    require(rows, [p], needed_by="qq")
    values = numbers_of(rows, p)
    if (values < 0).any() or (values > 1).any():
        message = f"qq: expected p-values between 0 and 1 in {p}, found {values[(values < 0) | (values > 1)][0]:g}"
        raise TableError(message)
    series = series_of(rows, by)
    names = pd.unique(series[~np.isnan(values)]).tolist()
    if not names:
        message = f"qq has nothing to draw: no row has a {p}"
        raise TableError(message)
    ax = axes_of(ax, width=4.8, height=4.8)
    sizes = [int(np.isfinite(values[series == name]).sum()) for name in names]
    _draw_band(ax, max(sizes), conf_level)
    for k, name in enumerate(names):
        _draw(ax, values[series == name], k, many=len(names) > 1)
    what = P_VALUES.get(p, p.replace("_", " "))
    ax.set_xlabel(f"expected {LOG} {what}")
    ax.set_ylabel(f"observed {LOG} {what}")
    if by:
        words = [series_text(by, name) for name in names]
        legend(ax, [mark(nth(PALETTE, k), nth(MARKERS, k), filled=False, label=one) for k, one in enumerate(words)])
    missing = int(np.isnan(values).sum())
    remark(ax, f"{sum(sizes)} test{'s' if sum(sizes) > 1 else ''}", f"{missing} without p" if missing else "")
    return ax


def _expected(n: int) -> FloatArray:
    """Give the means of n sorted p-values without any effect."""
    return np.arange(1, n + 1) / (n + 1)


def _draw_band(ax: Axes, n: int, conf_level: float) -> None:
    """Draw where each of n sorted p-values lies with some probability, and the line of equality."""
    rank = np.arange(1, n + 1)
    tail = (1 - conf_level) / 2
    low, high = (-np.log10(beta.ppf(part, rank, n + 1 - rank)) for part in (1 - tail, tail))
    x = -np.log10(_expected(n))
    ax.fill_between(x, low, high, color=ink(), alpha=0.15, linewidth=0, gid="band")
    most = float(x.max()) * 1.05
    ax.plot([0, most], [0, most], color=ink(), linewidth=0.8, alpha=0.6)


def _draw(ax: Axes, values: FloatArray, k: int, *, many: bool) -> None:
    """Draw the p-values of one series."""
    own = np.sort(values[~np.isnan(values)])
    observed, cut = minus_log10(own)
    x = -np.log10(_expected(len(own)))
    marker = nth(MARKERS, k)
    face = "none" if many else nth(PALETTE, k)
    ax.scatter(x, observed, s=18, marker=marker, facecolors=face, edgecolors=nth(PALETTE, k), linewidths=1.0)
    ax.scatter(x[cut], observed[cut], s=60, marker="^", color=nth(PALETTE, k), gid="cut")
