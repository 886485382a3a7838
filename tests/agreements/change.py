"""Change a year against the plain arithmetic of R, subject by subject."""

import warnings
from functools import cache, partial

from agreements._case import Agreement, relative
from fsstats.stats.change import change
from reference_support import expected, longitudinal

_FILE = "long_spc_left_hippocampus"
_R = "R 4.2.2 lm"


@cache
def _table():
    table = longitudinal()
    return table[table["region"] == "Left-Hippocampus"].reset_index(drop=True)


def _changed(method, table):
    with warnings.catch_warnings(action="ignore"):  # age, scanner and visit vary within subjects
        found = change(table, time="time", method=method)
    return found.set_index(found["subject"].astype(str))["value"]


def _column(method, theirs):
    other = expected(_FILE).set_index("subject")
    return relative(_changed(method, _table()).loc[other.index], other[theirs])


def _two_points():
    """Leave the first and the last visit of each subject."""
    other = expected(_FILE).set_index("subject")
    time = _table().groupby("subject", observed=True)["time"]
    ends = _table()[_table()["time"].isin([0.0]) | (_table()["time"] == time.transform("max"))]
    return relative(_changed("symmetrised", ends).loc[other.index], other["spc_2pt"])


def _at_the_middle():
    """Move from the mean of the times to the middle between first and last."""
    other = expected(_FILE).set_index("subject")
    time = _table().groupby(_table()["subject"].astype(str))["time"]
    rate, average = (_changed(method, _table()) for method in ("rate", "average"))
    middle = average + rate * ((time.min() + time.max()) / 2 - time.mean())
    return relative((100 * rate / middle).loc[other.index], other["spc_fit"])


AGREEMENTS = [
    Agreement("change, rate", "slope", _R, _FILE, 1e-8, "relative", partial(_column, "rate", "rate")),
    Agreement("change, percent", "pc1fit", _R, _FILE, 1e-8, "relative", partial(_column, "percent", "pc1_fit")),
    Agreement("change, average", "mean", _R, _FILE, 1e-8, "relative", partial(_column, "average", "tavg")),
    Agreement("change, symmetrised", "spc of the first and last visit", _R, _FILE, 1e-8, "relative", _two_points),
    Agreement("change, rate and average", "spc at the middle of the time", _R, _FILE, 1e-8, "relative", _at_the_middle),
]
