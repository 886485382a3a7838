"""Power and sample size against R's package pwr."""

from functools import partial

from agreements._case import Agreement, relative
from fsstats.stats.power import power
from reference_support import expected

_PWR = "R 4.2.2 pwr"
_ROOT = "pwr solves by uniroot, which stops early: its d has a power of .7999935; ours reaches .8 to 1e-9"
_CASES = {
    "power of t, two groups": (
        0,
        "power",
        "power",
        {"test": "two_sample", "n_first": 50, "n_second": 60, "effect": 0.5},
    ),
    "power of t, alpha of 30 tests": (
        1,
        "power",
        "power",
        {"test": "two_sample", "n_first": 69, "n_second": 91, "effect": 0.3, "n_tests": 30},
    ),
    "power of F, one column": (4, "power", "power", {"test": "term", "n": 152, "effect": 0.05}),
    "power of r": (5, "power", "power", {"test": "correlation", "n": 100, "effect": 0.25}),
    "rows of a group": (2, "n_first", "n1", {"test": "two_sample", "effect": 0.3, "power": 0.8}),
    "smallest d": (3, "effect", "es", {"test": "two_sample", "n_first": 50, "n_second": 60, "power": 0.8}),
}


def _difference(row, ours, theirs, given):
    return relative(power(**given)[ours], expected("power")[theirs].iloc[[row]])


AGREEMENTS = [
    Agreement(
        f"power, {case[3]['test']}",
        what,
        _PWR,
        "power.csv",
        1e-8 if case[1] == "power" else 2e-4,
        "relative",
        partial(_difference, *case),
        "" if case[1] == "power" else _ROOT,
    )
    for what, case in _CASES.items()
]
