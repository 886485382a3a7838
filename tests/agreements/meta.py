"""Meta-analysis against R's metafor."""

from functools import cache, partial

import numpy as np
from scipy.optimize import brentq

from agreements._case import Agreement, absolute, relative
from fsstats.stats.meta import egger, leave_one_out, meta, meta_weights
from reference_support import expected, read

_METAFOR = "R 4.2.2 metafor"
_OURS = {
    "k": "k",
    "beta": "estimate",
    "se": "std_error",
    "stat": "statistic",
    "p": "p_value",
    "ci_lb": "ci_low",
    "ci_ub": "ci_high",
    "tau2": "tau2",
    "I2": "i2",
    "H2": "h2",
    "Q": "q",
    "Qp": "q_p",
    "pi_lb": "prediction_low",
    "pi_ub": "prediction_high",
}
_BASICS = ["k", "beta", "se", "stat", "p", "ci_lb", "ci_ub", "tau2", "I2", "H2", "Q", "Qp"]
_ROOT = "metafor 3.8.1 stops its search for PM's tau2 at .00097601, where Q is 10.9984 and not k - 1 = 11"


@cache
def sites():
    """Give the twelve sites as a results table."""
    wide = read("meta_in")
    return wide[["site"]].assign(
        source="aseg",
        hemi="lh",
        region="Left-Hippocampus",
        measure="volume",
        term="patient - control",
        unit="mm^3",
        effect_size=wide["d"],
        effect_se=wide["se"],
        effect_name="cohens_d",
        n=wide["n1"] + wide["n2"],
        n_first=wide["n1"],
        n_second=wide["n2"],
    )


def _pooled(method, test, parts, difference):
    theirs = expected("meta_rma").query("method == @method and test == @test")
    ours = meta(sites(), method=method, test=test)
    return max(difference(ours[_OURS[part]], theirs[part]) for part in parts)


def _paule_mandel():
    """Hold PM's tau2 against the root of Q(tau2) = k - 1, found by scipy."""
    y, v = sites()["effect_size"].to_numpy(), sites()["effect_se"].to_numpy() ** 2

    def excess(tau2):
        weights = 1 / (v + tau2)
        return (weights * (y - np.average(y, weights=weights)) ** 2).sum() - (len(y) - 1)

    return relative(meta(sites(), method="PM")["tau2"], [brentq(excess, 0, 1, xtol=1e-15)])


def _left_out(ours, theirs):
    figures = expected("meta_leave1out")
    found = leave_one_out(sites(), test="z")
    assert found["left_out"].tolist() == figures["site"].tolist()
    return relative(found[ours], figures[theirs])


def _weights():
    return relative(meta_weights(sites())["weight_percent"], expected("meta_leave1out")["weight_pct"])


def _egger(ours, theirs):
    return relative(egger(sites())[ours], expected("meta_egger")[theirs])


_LEFT_OUT = {"estimate": "est", "std_error": "se", "p_value": "p", "tau2": "tau2", "i2": "I2"}

AGREEMENTS = [
    *(
        Agreement(
            f"meta, {method}, {test}",
            "estimate, standard error, test, interval, tau2, I2, H2, Q" + (", prediction" if method != "EE" else ""),
            _METAFOR,
            "meta_rma.csv",
            1e-8,
            "relative",
            partial(_pooled, method, test, list(_OURS) if method != "EE" else _BASICS, relative),
        )
        for method, test in [("EE", "z"), *((m, t) for m in ("DL", "REML", "ML") for t in ("z", "knha"))]
    ),
    *(
        Agreement(
            f"meta, PM, {test}",
            "tau2",
            _METAFOR,
            "meta_rma.csv",
            1e-5,
            "absolute",
            partial(_pooled, "PM", test, ["tau2"], absolute),
            _ROOT,
        )
        for test in ("z", "knha")
    ),
    *(
        Agreement(
            f"meta, PM, {test}",
            "estimate, standard error, interval, prediction",
            _METAFOR,
            "meta_rma.csv",
            2e-4,
            "absolute",
            partial(_pooled, "PM", test, ["beta", "se", "ci_lb", "ci_ub", "pi_lb", "pi_ub"], absolute),
            _ROOT,
        )
        for test in ("z", "knha")
    ),
    Agreement("meta, PM", "tau2", "scipy's brentq on Q", "meta_rma.csv", 1e-8, "relative", _paule_mandel),
    *(
        Agreement(
            "leave_one_out, REML, z",
            ours,
            _METAFOR,
            "meta_leave1out.csv",
            1e-8,
            "relative",
            partial(_left_out, ours, theirs),
        )
        for ours, theirs in _LEFT_OUT.items()
    ),
    Agreement("meta_weights, REML", "weight", _METAFOR, "meta_leave1out.csv", 1e-8, "relative", _weights),
    Agreement("egger", "t", _METAFOR, "meta_egger.csv", 1e-8, "relative", partial(_egger, "statistic", "egger_t")),
    Agreement("egger", "p", _METAFOR, "meta_egger.csv", 1e-8, "relative", partial(_egger, "p_value", "egger_p")),
]
