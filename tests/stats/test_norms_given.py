"""Norms of somebody else, given by their coefficients."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from frames_support import assert_frame_equal
from fsstats.errors import ColumnsError, FormulaError, TableError, UnknownNameError
from fsstats.stats._norms import Norms
from fsstats.stats._norms_given import norms_from_coefficients
from fsstats.stats.norms import apply_norms, fit_norms
from stats_support import made_up

LEVELS = {"sex": ["F", "M"]}
ROWS = [
    ("mean", "Intercept", 50.0),
    ("mean", "age", 0.1),
    ("mean", "sex[T.M]", 2.0),
    ("sd", "Intercept", 1.5),
]


def given(rows=ROWS, regions=("r0", "r1")):
    """Give the coefficients of some regions."""
    table = pd.DataFrame(
        [(region, *row) for region in regions for row in rows], columns=["region", "part", "column", "coefficient"]
    )
    return table.assign(source="aseg", hemi=None, measure="volume", unit="mm^3")


def test_z_is_the_distance_from_the_mean_in_standard_deviations():
    table = made_up(n=40, regions=2)
    found = apply_norms(table, norms_from_coefficients(given(), "value ~ age + sex", levels=LEVELS))
    z = (table["value"] - 50 - 0.1 * table["age"] - 2 * (table["sex"] == "M")) / 1.5
    own = found[found["measure"] == "volume_z"].set_index(["region", "subject"])["value"]
    due = pd.Series(z.to_numpy(), index=pd.MultiIndex.from_frame(table[["region", "subject"]]))
    assert np.allclose(own, due.loc[own.index], rtol=1e-9)
    centiles = found[found["measure"] == "volume_centile"].set_index(["region", "subject"])["value"]
    assert np.allclose(centiles, 100 * stats.norm.cdf(due.loc[centiles.index]), rtol=1e-7)


def test_a_spread_may_go_with_age():
    rows = [*ROWS[:3], ("log_variance", "Intercept", -1.0), ("log_variance", "age", 0.02)]
    norms = norms_from_coefficients(given(rows), "value ~ age + sex", levels=LEVELS, spread="age")
    table = made_up(n=40, regions=2)
    found = apply_norms(table, norms).query("measure == 'volume_z' and region == 'r0'").set_index("subject")["value"]
    own = table[table["region"] == "r0"].set_index("subject")
    mean = 50 + 0.1 * own["age"] + 2 * (own["sex"] == "M")
    assert np.allclose(found, ((own["value"] - mean) / np.exp(0.5 * (-1 + 0.02 * own["age"]))).loc[found.index])


def test_what_was_fitted_can_be_given_again_and_loses_only_its_uncertainty():
    table = made_up(n=400, regions=2)
    fitted = fit_norms(table, "value ~ age + sex")
    rows = fitted.table().assign(unit="mm^3")
    again = norms_from_coefficients(rows, "value ~ age + sex", levels=LEVELS, spread="1")
    one, two = (apply_norms(table, norms)["value"] for norms in (fitted, again))
    assert np.allclose(one, two, rtol=0.01, atol=0.2)


def test_it_can_be_kept_as_text_and_holds_where_it_says():
    norms = norms_from_coefficients(given(), "value ~ age + sex", levels=LEVELS, ranges={"age": (20, 50)})
    again = Norms.from_json(norms.to_json())
    table = made_up(n=40, regions=2)
    with pytest.warns(UserWarning, match="lie outside the reference's age, 20 to 50"):
        found = apply_norms(table, again)
    old = table.drop_duplicates("subject").set_index("subject")["age"] > 50
    assert (found.set_index("subject")["value"].isna() == old.loc[found["subject"]].to_numpy()).all()


def test_without_limits_they_hold_everywhere_also_as_text():
    norms = norms_from_coefficients(given(), "value ~ age + sex", levels=LEVELS)
    again = Norms.from_json(norms.to_json())
    assert norms.ranges == again.ranges == {"age": (-np.inf, np.inf)}
    table = made_up(n=40, regions=2).assign(age=lambda t: t["age"] + 1000)
    assert_frame_equal(apply_norms(table, again), apply_norms(table, norms))
    assert apply_norms(table, again)["value"].notna().all()


FAULTS = {
    "a column that is missing": (given().drop(columns="unit"), {}, ColumnsError, "needs the column"),
    "another part": (
        given([*ROWS, ("skew", "Intercept", 1.0)]),
        {},
        TableError,
        "part: expected mean, sd, log_variance, found skew",
    ),
    "no coefficient": (given(ROWS[1:]), {}, TableError, "r0 volume: expected one mean of Intercept, found 0"),
    "one twice": (given([*ROWS, ROWS[0]]), {}, TableError, "r0 volume: expected one mean of Intercept, found 2"),
    "one of no column": (given([*ROWS, ("mean", "site", 1.0)]), {}, TableError, "found site"),
    "no spread": (given([*ROWS[:3], ("sd", "Intercept", 0.0)]), {}, TableError, "r0: expected a positive sd, found 0"),
    "a spline": (given(), {"formula": "value ~ bs(age) + sex"}, FormulaError, "terms that do not depend on people"),
    "limits of nothing": (given(), {"ranges": {"agee": (20, 80)}}, UnknownNameError, "did you mean age"),
    "limits that fall": (given(), {"ranges": {"age": (80, 20)}}, TableError, "ranges: expected two rising numbers"),
    "half a limit": (given(), {"ranges": {"age": (20, np.inf)}}, TableError, "ranges: expected two rising numbers"),
    "code": (given(), {"formula": "value ~ {open('x')}"}, FormulaError, "expected arithmetic"),
}


@pytest.mark.parametrize(("table", "options", "error", "message"), FAULTS.values(), ids=FAULTS)
def test_what_makes_no_norms_says_why(table, options, error, message):
    with pytest.raises(error, match=message):
        norms_from_coefficients(table, **{"formula": "value ~ age + sex", "levels": LEVELS} | options)
