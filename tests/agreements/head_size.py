"""Head-size adjustment against R."""

from functools import cache

import numpy as np

from agreements._case import Agreement, relative
from fsstats.stats.head_size import adjust_head_size, fit_head_size
from reference_support import cohort, column_of, expected

_R = "R 4.2.2 lm"
_LEAST = 2
"""S3 has 12 controls, S4 19: R's plain rule has no minimum."""
_ALLOW = ["nonlinear"]


@cache
def _volumes():
    table = cohort(with_head_size=True)
    return table[(table["measure"] == "volume") | (table["measure"] == "eTIV")].reset_index(drop=True)


def _slopes(quantity, **how):
    """Compare the slopes or exponents of all regions."""
    model = fit_head_size(_volumes(), allow=_ALLOW, **how)
    theirs = expected("icv_coef").set_index("region")[quantity]
    ours = model.table().set_index("region")["estimate"]
    return relative(ours.loc[theirs.index], theirs)


def _means(quantity, **how):
    theirs = expected("icv_coef")[quantity].to_numpy()
    mean = fit_head_size(_volumes(), allow=_ALLOW, **how).means[""]
    return relative(np.full(len(theirs), mean), theirs)


def _values(column, *, over_mean_to_exponent=False, **how):
    """Compare adjusted values of three regions of every subject."""
    how = {"allow": _ALLOW, **how}
    rows = adjust_head_size(_volumes(), **how)
    rows = rows[rows["measure"].isin(["volume", "volume_fraction"])]
    ours = rows.set_axis([rows["subject"].astype(str), column_of(rows)])["value"]
    theirs = expected("icv_norm").set_index(["subject", "region"])[column]
    ours = ours.loc[theirs.index].to_numpy()
    if over_mean_to_exponent:  # R's column has not been multiplied by the mean's power
        model = fit_head_size(_volumes(), **how)
        exponents = model.table().set_index("region")["estimate"].loc[theirs.index.get_level_values("region")]
        ours = ours / model.means[""] ** exponents.to_numpy()
    return relative(ours, theirs)


_CONTROLS = {"group": "CN"}
_SITES = {"reference": _CONTROLS, "by": "site", "minimum": _LEAST}
_TOLERANCE = 1e-10

AGREEMENTS = [
    Agreement(
        f"fit_head_size, {method}{', controls' if controls else ''}",
        what,
        _R,
        "icv_coef.csv",
        _TOLERANCE,
        "relative",
        lambda compare=compare, column=column, method=method, controls=controls: compare(
            column, method=method, reference=_CONTROLS if controls else None
        ),
    )
    for method, what, compare, column, controls in (
        ("residual", "slope", _slopes, "slope_all", False),
        ("residual", "slope", _slopes, "slope_controls", True),
        ("power", "exponent", _slopes, "exponent_all", False),
        ("power", "exponent", _slopes, "exponent_controls", True),
        ("residual", "mean head size", _means, "mean_eTIV_all", False),
        ("residual", "mean head size", _means, "mean_eTIV_controls", True),
    )
] + [
    Agreement(
        f"adjust_head_size, {said}",
        "adjusted value",
        _R,
        "icv_norm.csv",
        _TOLERANCE,
        "relative",
        lambda column=column, how=how: _values(column, **how),
    )
    for said, column, how in (
        ("proportion", "proportion", {"method": "proportion"}),
        ("residual", "residual_all", {"method": "residual"}),
        ("residual, controls", "residual_controls", {"reference": _CONTROLS}),
        ("residual, controls of each site", "residual_controls_by_site", _SITES),
        ("power, not rescaled", "power_prop", {"method": "power", "over_mean_to_exponent": True}),
        ("power", "power_prop_rescaled", {"method": "power"}),
        ("power, controls", "power_prop_controls", {"method": "power", "reference": _CONTROLS}),
    )
]
