"""Corrections for the number of tests against R's p.adjust."""

from functools import partial

import pandas as pd

from agreements._case import Agreement, absolute
from fsstats.stats.correct import correct
from reference_support import expected

_R = "R 4.2.2 p.adjust"
_NAMES = {
    "bonferroni": "bonferroni",
    "holm": "holm",
    "hochberg": "hochberg",
    "hommel": "hommel",
    "fdr_bh": "BH",
    "fdr_by": "BY",
}
_OF_GROUP = {"bonferroni": "bonferroni", "holm": "holm", "fdr_bh": "BH", "fdr_by": "BY"}


def _difference(file, ours, theirs):
    figures = expected(file)
    missing = pd.DataFrame({"p_value": [None, None]}, dtype=float)  # counts as no test
    table = pd.concat([figures[["p"]].rename(columns={"p": "p_value"}), missing], ignore_index=True)
    return absolute(correct(table, ours, within=())["p_adjusted"].iloc[: len(figures)], figures[theirs])


AGREEMENTS = [
    Agreement(f"correct, {ours}", "adjusted p", _R, f"{file}.csv", 1e-8, "absolute", partial(_difference, file, *pair))
    for file, names in (("p_adjust", _NAMES), ("p_adjust_groupPT", _OF_GROUP))
    for pair in names.items()
    for ours in [pair[0]]
]
