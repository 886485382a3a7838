"""How the values of regions go together: a matrix of correlations."""

from collections.abc import Collection

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from fsstats._frames import require
from fsstats.errors import TableError
from fsstats.plots._choice import Names, narrowed, refuse_none, refuse_several
from fsstats.plots._matrix import draw_matrix
from fsstats.plots._names import count_text, effect_text, measure_text, region_labels, with_unit
from fsstats.plots._predicted import rows_of_model
from fsstats.plots._results import Order, numbers_of, ordered, significance_of
from fsstats.plots._style import ROW
from fsstats.schema import CELL, LONG
from fsstats.stats import correct
from fsstats.stats._terms import terms_of
from fsstats.stats.correct import Correction
from fsstats.stats.correlate import Correlation, correlate_pairs


def correlations(
    table: pd.DataFrame,
    *,
    method: Correlation = "pearson",
    covariates: str | Collection[str] | None = (),
    correction: Correction = "fdr_bh",
    alpha: float = 0.05,
    order: Order = "anatomy",
    region: Names = None,
    hemi: Names = None,
    measure: Names = None,
    source: Names = None,
    allow: str | Collection[str] = (),
    ax: Axes | None = None,
) -> Axes:
    """Draw how the values of every two regions are correlated over people.

    Parameters
    ----------
    table : DataFrame
        A long table, with the participants' columns if there are covariates.
    method : {"pearson", "spearman"}
        As for `correlate`.
    covariates : str or collection of str
        What is held constant: columns, header Measures (``eTIV``), or terms of a formula.
    correction : {"fdr_bh", "fdr_by", "bonferroni", "holm", "hochberg", "hommel"}
        How p-values are corrected: all pairs are one family, see `correct`.
    alpha : float
        Pairs with a corrected p-value below it have a dot.
    order : {"anatomy", "table"}
        By lobe and structure; or as in the table.
    region, hemi, measure, source : str or collection of str, optional
        What is drawn of a table that holds more.
    allow : str or collection of str
        What may be mixed, as for `correlate`.
    ax : Axes, optional
        Where to draw; by default in a new figure, as large as the regions need.

    Returns
    -------
    Axes
        The drawing; the colour bar has axes of its own in the same figure.

    Raises
    ------
    TableError
        If there are several measures and none is chosen, fewer than two regions; or as `correlate` does.
    UnknownNameError, FormulaError, ColumnsError
        If a name does not exist, or a covariate cannot be used.

    Notes
    -----
    Every pair is that of `correlate`, on the people who have both values; a pair without a correlation is hatched, the
    diagonal left blank. The correlations of regions with ages or scores, which `correlate` gives, are drawn by
    `heatmap`.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> table = pd.DataFrame({"subject": [f"s{k}" for k in range(30)] * 2, "session": None, "stream": "cross"})
    >>> table = table.assign(source="aseg", hemi=["lh"] * 30 + ["rh"] * 30, measure="volume", unit="mm^3")
    >>> table = table.assign(region=["Left-Amygdala"] * 30 + ["Right-Amygdala"] * 30, value=rng.normal(1600, 99, 60))
    >>> ax = correlations(table)
    >>> [label.get_text() for label in ax.get_yticklabels()], ax.get_xlabel()
    (['left amygdala', 'right amygdala'], 'n = 30')
    """
    require(table, LONG, needed_by="correlations")
    refuse_none(table, needed_by="correlations")
    table = table.reset_index(drop=True)
    rows = narrowed(table, needed_by="correlations", region=region, hemi=hemi, measure=measure, source=source)
    refuse_several(rows, ["measure"], needed_by="correlations")
    cells = rows[list(CELL)].drop_duplicates().reset_index(drop=True)
    if len(cells) < 2:
        message = f"correlations: expected two regions or more, found {len(cells)}"
        raise TableError(message)
    cells = cells.iloc[ordered(cells, np.zeros(len(cells)), order)].reset_index(drop=True)
    given = terms_of(covariates, table)
    if given:
        rows = rows_of_model(table, rows, f"value ~ {' + '.join(given)}")
    pairs = correct(correlate_pairs(rows, cells, method=method, covariates=given, allow=allow), correction, within=())
    first, second = np.triu_indices(len(cells), k=1)
    tests = significance_of(pairs, alpha, None, needed_by="correlations")
    values, significant = np.full((len(cells),) * 2, np.nan), np.zeros((len(cells),) * 2, dtype=np.bool_)
    for one, other in ((first, second), (second, first)):
        values[one, other] = pairs["estimate"]
        significant[one, other] = tests.rows
    names = region_labels(cells)
    return draw_matrix(
        values,
        names,
        names,
        label=with_unit(measure_text(cells["measure"].iloc[0]), effect_text(pairs["effect_name"].iloc[0])),
        significant=significant,
        says=f"{tests.says} ({correction})",
        cmap=None,
        limits=(-1.0, 1.0),
        ax=ax,
        column=ROW,
        diagonal=False,
        told=count_text(numbers_of(pairs, "n").tolist()) + (f", given {', '.join(given)}" if given else ""),
    )
