"""Tests of whole terms, their effect sizes, and what else of a linear model has no figures of R."""

import re

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from statsmodels.stats.diagnostic import het_breuschpagan

from fsstats.errors import UnknownNameError
from fsstats.stats.anova import anova
from fsstats.stats.effect_sizes import d_model
from fsstats.stats.marginal import marginal_means
from fsstats.stats.model_fit import model_fit
from fsstats.stats.power import power
from stats_support import made_up

FORMULA = "value ~ group * site + age"


def people_of(table, region="r0"):
    return table[(table["region"] == region) & table["value"].notna()]


def conjugate(covariance, tested, kept):
    """Give directions among `tested` and `kept` coefficients that are uncorrelated with those `kept`, by definition."""
    both = np.eye(len(covariance))[[*tested, *kept]]
    against = both @ covariance @ np.eye(len(covariance))[kept].T
    left = np.linalg.svd(against)[0][:, len(kept) :]  # what no kept coefficient goes along with
    return left.T @ both


@pytest.mark.parametrize("std_errors", ["HC0", "HC3"])
@pytest.mark.parametrize(
    ("type_", "term", "beside_not"),
    [
        (2, "group", ["group:site"]),
        (2, "site", ["group:site"]),
        (2, "age", []),
        (1, "group", ["site", "age", "group:site"]),
    ],
)
def test_robust_f_is_that_of_what_is_uncorrelated_with_the_terms_left_out(type_, term, beside_not, std_errors):
    table = made_up(n=90, gaps=0.05)
    found = anova(table, FORMULA, type=type_, terms=[term], std_errors=std_errors).iloc[0]
    fit = smf.ols(FORMULA, people_of(table)).fit(cov_type=std_errors)
    terms = [":".join(re.sub(r"\[.*?\]", "", part) for part in name.split(":")) for name in fit.params.index]
    tested = [place for place, name in enumerate(terms) if name == term]
    rows = conjugate(fit.cov_params().to_numpy(), tested, [at for at, name in enumerate(terms) if name in beside_not])
    theirs = fit.f_test(rows)
    assert found["statistic"] == pytest.approx(float(theirs.fvalue), rel=1e-8)
    assert found["df_term"] == len(tested)
    assert np.isnan(found["sum_sq"])


@pytest.mark.parametrize(("type_", "term"), [(1, "group"), (1, "site"), (2, "group"), (2, "age"), (2, "group:site")])
def test_a_sum_of_squares_is_what_the_residuals_of_two_models_differ_by(type_, term):
    table = made_up(n=90, gaps=0.05)
    table = table[~((table["region"] == "r1") & (table["site"] == "C"))]  # a region without a site
    found = anova(table, FORMULA, type=type_).set_index(["region", "term"])
    held = {"group": "1", "site": "group", "age": "group * site", "group:site": "group + site + age"}
    held = held if type_ == 1 else held | {"group": "site + age", "site": "group + age"}
    for region in ("r0", "r1", "r2"):
        own = people_of(table, region)
        less, more = (smf.ols(f"value ~ {right}", own).fit() for right in (held[term], f"{held[term]} + {term}"))
        due = pytest.approx(less.ssr - more.ssr, rel=1e-7)
        if region == "r1" and term == "site":
            assert found.loc[(region, term), ["statistic", "sum_sq"]].isna().all()
        elif region != "r1" or term != "group:site":
            assert found.loc[(region, term), "sum_sq"] == due


def test_effect_sizes_of_a_term_are_those_of_its_sums_of_squares():
    table = made_up(gaps=0.05)
    fits = model_fit(table, FORMULA).set_index("region")
    by_name = {
        name: anova(table, FORMULA, terms=["site"], effect=name).set_index("region")
        for name in ("partial_eta_squared", "partial_omega_squared", "cohens_f2", "none")
    }
    one = by_name["none"]
    q, ms = one["df_term"], fits["sigma"] ** 2
    due = {
        "partial_eta_squared": one["sum_sq"] / (one["sum_sq"] + ms * fits["df"]),
        "partial_omega_squared": (one["sum_sq"] - q * ms) / (one["sum_sq"] + (one["n"] - q) * ms),
        "cohens_f2": one["sum_sq"] / (ms * fits["df"]),
    }
    for name, sizes in due.items():
        assert by_name[name]["effect_name"].eq(name).all()
        assert np.allclose(by_name[name]["effect_size"], sizes)
        assert (by_name[name]["effect_high"] > by_name[name]["effect_size"]).all()
    assert one[["effect_size", "effect_low", "effect_name"]].isna().all(axis=None)
    assert np.allclose(one["p_value"], by_name["cohens_f2"]["p_value"])
    with pytest.raises(UnknownNameError, match="no effect size of a term is called 'omega'; there are: cohens_f2"):
        anova(table, FORMULA, effect="omega")


def test_f2_is_what_power_takes():
    table = made_up(regions=1)
    found = anova(table, "value ~ site + age", terms=["site"], effect="cohens_f2").iloc[0]
    given = power("term", n=found["n"], effect=found["effect_size"], df_term=2, n_covariates=1)
    assert given["power"].notna().all()


def test_differences_of_means_have_an_effect_size_in_residual_deviations():
    table = made_up(gaps=0.05)
    fits = model_fit(table, FORMULA)
    means = marginal_means(table, FORMULA, "site")
    assert means["effect_name"].isna().all()
    pairs = marginal_means(table, FORMULA, "site", pairs="reference")
    sigma, df = (np.repeat(fits[name].to_numpy(), 2) for name in ("sigma", "df"))
    due = d_model(pairs["estimate"], pairs["std_error"], sigma, df)
    assert pairs["effect_name"].eq("d_model").all()
    for name, one in zip(("effect_size", "effect_se", "effect_low", "effect_high"), due, strict=True):
        assert np.allclose(pairs[name], one)
    robust = marginal_means(table, FORMULA, "site", pairs="reference", std_errors="HC3")
    pd.testing.assert_frame_equal(robust.filter(like="effect_"), pairs.filter(like="effect_"))
    weighted = marginal_means(table, FORMULA, "site", pairs="all", weights="weight")
    assert weighted["effect_size"].isna().all()


@pytest.mark.parametrize("weights", [None, "weight"])
def test_variances_are_tested_beside_the_weights(weights):
    table = made_up(n=80, gaps=0.05)
    ours = model_fit(table, "value ~ age + group", weights=weights).set_index("region")["breusch_pagan_p"]
    for region, p in ours.items():
        own = people_of(table, region)
        fit = smf.wls("value ~ age + group", own, weights=1.0 if weights is None else own[weights]).fit()
        assert p == pytest.approx(het_breuschpagan(fit.wresid, fit.model.exog)[1], rel=1e-9)


def test_right_weights_leave_nothing_to_the_test_of_variances():
    table = made_up(n=400, regions=1, seed=8)
    rng = np.random.default_rng(3)
    spread = np.exp((table["age"] - 50) / 15)
    table = table.assign(value=rng.normal(size=len(table)) * spread, right=1 / spread**2)
    assert model_fit(table, "value ~ age")["breusch_pagan_p"].iloc[0] < 1e-6
    assert model_fit(table, "value ~ age", weights="right")["breusch_pagan_p"].iloc[0] > 0.01
