"""Mixed models: against their definition, against closed forms, their laws, and p-values of nothing."""

import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from fsstats.errors import FormulaError, FsstatsWarning, TableError, UnknownNameError
from fsstats.stats import _mixed_fit, _random
from fsstats.stats._mixed_fit import fit_mixed
from fsstats.stats._random import random_of
from fsstats.stats.mixed import COMPONENT_COLUMNS, compare_mixed, mixed, variance_components
from fsstats.stats.regress import regress
from fsstats.tables.shape import to_wide
from reference_support import cohort, longitudinal

FORMULA = "value ~ time * group + agec + sex"
NUMBERS = ["estimate", "std_error", "statistic", "df", "p_value", "ci_low", "ci_high"]


# A study of 16 families of one to three subjects, with one to four visits each, at two sites.


def study(seed, regions=3, families=16, slope=0.3):
    rng = np.random.default_rng(seed)
    family_of = np.repeat(np.arange(families), rng.integers(1, 4, families))
    subject = np.repeat(np.arange(len(family_of)), rng.integers(1, 5, len(family_of)))
    family, n = family_of[subject], len(subject)
    visit = np.concatenate([np.arange(k) for k in np.bincount(subject)])
    time = visit + rng.uniform(-0.2, 0.2, n)
    scanner = rng.integers(0, 3, n)
    group = rng.integers(0, 2, len(family_of))[subject]
    group[:8] = [0, 1] * 4
    matrix = np.column_stack([np.ones(n), time, group, time * group])
    people = rng.normal(size=(len(family_of), regions))[subject]
    slopes = slope * rng.normal(size=(len(family_of), regions))[subject]
    values = 0.5 * rng.normal(size=(n, regions)) + people + slopes * time[:, None]
    values += 0.7 * rng.normal(size=(families, regions))[family] + 0.4 * rng.normal(size=(3, regions))[scanner] + 9
    return values, matrix, {"subject": subject, "family": family, "scanner": scanner}, time


KINDS = {
    "an intercept": (["subject"], False),
    "families of subjects": (["family", "subject"], False),
    "crossed": (["scanner", "subject"], False),
    "three kinds of groups": (["scanner", "family", "subject"], False),
    "a slope": (["subject"], True),
    "a slope, and scanners": (["scanner", "subject"], True),
}
BY_KIND = pytest.mark.parametrize(("names", "sloped"), KINDS.values(), ids=KINDS)


def fitted(values, matrix, codes, names, time=None, **options):
    random = random_of(names, [codes[name] for name in names], along=time)
    return fit_mixed(values, matrix, random, columns=[f"x{i}" for i in range(matrix.shape[1])], **options)


def covariance(components, codes, names, time):
    """Build the covariance of all rows from the components of variance."""
    made = components[-1] * np.eye(len(time))
    same = [codes[name][:, None] == codes[name] for name in names]
    for one, variance in zip(same, components, strict=False):
        made += variance * one
    if len(components) == len(names) + 3:
        along, both = components[len(names) : -1]
        made += same[-1] * (along * np.outer(time, time) + both * np.add.outer(time, time))
    return made


def deviance(components, y, matrix, codes, names, time, reml=True):
    """Give -2 log-likelihood by its definition, with the generalised least squares it rests on."""
    v = covariance(components, codes, names, time)
    inverse = np.linalg.inv(v)
    products = matrix.T @ inverse @ matrix
    b = np.linalg.solve(products, matrix.T @ inverse @ y)
    e = y - matrix @ b
    dof = len(y) - reml * matrix.shape[1]
    logs = np.linalg.slogdet(v)[1] + (np.linalg.slogdet(products)[1] if reml else 0.0)
    return dof * np.log(2 * np.pi) + logs + e @ inverse @ e, b, np.linalg.inv(products)


def satterthwaite(components, y, matrix, codes, names, time):
    """Give the degrees of freedom in the variances themselves, by their definition and finite differences."""
    k, step = len(components), 1e-4 * components[-1]

    def at(move):
        d, _, c = deviance(components + move, y, matrix, codes, names, time)
        return np.r_[d, np.diag(c)]

    moves = step * np.eye(k)
    gradient = np.array([(at(m) - at(-m))[1:] / (2 * step) for m in moves])
    hessian = np.array(
        [[(at(m + o) - at(m - o) - at(o - m) + at(-m - o))[0] / (4 * step**2) for o in moves] for m in moves]
    )
    v = at(np.zeros(k))[1:]
    return 2 * v**2 / np.einsum("iq,ij,jq->q", gradient, 2 * np.linalg.inv(hessian), gradient)


# What is computed is what the definition says.


@BY_KIND
@pytest.mark.parametrize("reml", [True, False], ids=["REML", "ML"])
def test_likelihood_and_estimates_are_those_of_the_definition(names, sloped, reml):
    values, matrix, codes, time = study(1)
    fits = fitted(values, matrix, codes, names, time if sloped else None, reml=reml)
    assert fits.converged.all()
    for place in range(values.shape[1]):
        d, b, c = deviance(fits.components[place], values[:, place], matrix, codes, names, time, reml)
        assert fits.log_likelihood[place] == pytest.approx(-d / 2, rel=1e-10)
        assert fits.estimate[place] == pytest.approx(b, rel=1e-8)
        assert fits.std_error[place] == pytest.approx(np.sqrt(np.diag(c)), rel=1e-8)


@BY_KIND
def test_no_variance_nearby_has_a_greater_likelihood(names, sloped):
    values, matrix, codes, time = study(2)
    fits = fitted(values, matrix, codes, names, time if sloped else None)
    rng = np.random.default_rng(0)
    for place in range(values.shape[1]):
        components = fits.components[place]
        best = -2 * fits.log_likelihood[place]
        for size in (1e-4, 1e-2, 0.5):
            for _ in range(6):
                other = components * np.exp(size * rng.normal(size=len(components)))
                if sloped:  # a correlation stays one
                    limit = np.sqrt(other[-2 - 1] * other[len(names) - 1])
                    other[-2] = np.clip(other[-2], -0.999 * limit, 0.999 * limit)
                assert deviance(other, values[:, place], matrix, codes, names, time)[0] >= best - 1e-9


@BY_KIND
def test_degrees_of_freedom_are_those_of_the_definition(names, sloped):
    values, matrix, codes, time = study(3)
    fits = fitted(values, matrix, codes, names, time if sloped else None)
    inner = np.flatnonzero(~fits.singular)
    assert len(inner)
    for place in inner:
        df = satterthwaite(fits.components[place], values[:, place], matrix, codes, names, time)
        assert fits.df[place] == pytest.approx(df, rel=1e-4)


@BY_KIND
def test_each_region_is_fitted_on_its_own_rows(names, sloped):
    values, matrix, codes, time = study(4, regions=4)
    rng = np.random.default_rng(0)
    values[rng.random(values.shape) < 0.1] = np.nan
    values[:, 3] = np.where(np.isnan(values[:, 0]), np.nan, values[:, 3])  # the rows of another region, and fewer
    fits = fitted(values, matrix, codes, names, time if sloped else None)
    for place in range(4):
        rows = ~np.isnan(values[:, place])
        own = {name: pd.factorize(code[rows])[0] for name, code in codes.items()}
        alone = fitted(values[rows][:, [place]], matrix[rows], own, names, time[rows] if sloped else None)
        for field in ("estimate", "std_error", "df", "components"):
            assert getattr(fits, field)[place] == pytest.approx(getattr(alone, field)[0], rel=2e-5, abs=1e-9)
        assert fits.log_likelihood[place] == pytest.approx(alone.log_likelihood[0], rel=1e-9)
        assert fits.n[place] == rows.sum()
        assert fits.n_groups[place].tolist() == [len(np.unique(own[name])) for name in names]


def test_ways_of_computing_the_same_agree(monkeypatch):
    values, matrix, codes, _ = study(5, families=45)
    nested = fitted(values, matrix, codes, ["family", "subject"])
    monkeypatch.setattr(_random, "_AS_COLUMNS", 100)
    as_columns = fitted(values, matrix, codes, ["family", "subject"])
    for field in ("estimate", "std_error", "df", "components", "log_likelihood"):
        assert getattr(nested, field) == pytest.approx(getattr(as_columns, field), rel=1e-5)


def test_how_many_regions_are_computed_at_once_does_not_matter(monkeypatch):
    values, matrix, codes, time = study(6, regions=7)
    for along in (None, time):
        whole = fitted(values, matrix, codes, ["subject"], along)
        with monkeypatch.context() as patch:
            patch.setattr(_mixed_fit, "_AT_ONCE", 1)
            one_by_one = fitted(values, matrix, codes, ["subject"], along)
        assert whole.estimate == pytest.approx(one_by_one.estimate, rel=1e-6, abs=1e-8)
        assert whole.df == pytest.approx(one_by_one.df, rel=1e-5)


def test_statsmodels_finds_the_same_slopes_where_it_converges():
    values, matrix, codes, time = study(7, slope=0.6)
    fits = fitted(values, matrix, codes, ["subject"], time)
    for place in range(values.shape[1]):
        with warnings.catch_warnings(action="ignore"):
            model = sm.MixedLM(
                values[:, place], matrix, codes["subject"], exog_re=np.column_stack([np.ones_like(time), time])
            )
            other = model.fit(reml=True)
        assert other.llf <= fits.log_likelihood[place] + 1e-6
        assert fits.log_likelihood[place] == pytest.approx(other.llf, abs=1e-4)
        assert fits.estimate[place] == pytest.approx(other.fe_params, rel=1e-2, abs=1e-3)


# Closed forms.


def balanced(subjects=16, visits=3, seed=0):
    rng = np.random.default_rng(seed)
    n = subjects * visits
    people = pd.DataFrame({"subject": np.repeat([f"s{i:02}" for i in range(subjects)], visits)})
    people["session"] = [f"v{i}" for i in range(visits)] * subjects
    people["time"] = np.tile(np.arange(float(visits)), subjects)
    people["group"] = np.where(np.arange(n) // visits % 2 == 0, "CN", "PT")
    own = rng.normal(0, 2, subjects).repeat(visits)
    return table_of(people, (own + rng.normal(size=n))[:, None])


def table_of(people, values):
    """Make a long table of a column of values a region."""
    parts = [
        people.assign(
            stream="long", source="aseg", hemi=None, region=f"r{i}", measure="volume", unit="mm^3", value=column
        )
        for i, column in enumerate(np.asarray(values, dtype=float).T)
    ]
    return pd.concat(parts, ignore_index=True)


def test_with_two_visits_it_is_the_paired_t_test():
    table = balanced(visits=2)
    found = mixed(table, "value ~ time", terms=["time"]).iloc[0]
    wide = table.pivot_table(index="subject", columns="time", values="value")
    other = stats.ttest_rel(wide[1.0], wide[0.0])
    assert found["statistic"] == pytest.approx(other.statistic, rel=1e-6)
    assert found["df"] == pytest.approx(other.df, rel=1e-5)
    assert found["p_value"] == pytest.approx(other.pvalue, rel=1e-5)
    interval = other.confidence_interval()
    assert found[["ci_low", "ci_high"]].tolist() == pytest.approx(list(interval), rel=1e-5)


def test_between_subjects_it_is_the_t_test_of_their_means():
    table = balanced()
    found = mixed(table, "value ~ group", terms=["group"]).iloc[0]
    means = table.groupby(["group", "subject"])["value"].mean()
    other = stats.ttest_ind(means["PT"], means["CN"])
    assert found["statistic"] == pytest.approx(other.statistic, rel=1e-6)
    assert found["df"] == pytest.approx(other.df, rel=1e-5)


def test_balanced_variances_are_those_of_the_analysis_of_variance():
    table = balanced()
    found = variance_components(table, "value ~ 1").set_index("group")
    groups = table.groupby("subject")["value"]
    within = groups.var().mean()
    between = groups.mean().var() - within / 3
    assert found.loc["Residual", "variance"] == pytest.approx(within, rel=1e-6)
    assert found.loc["subject", "variance"] == pytest.approx(between, rel=1e-6)
    assert found.loc["subject", "icc"] == pytest.approx(between / (between + within), rel=1e-6)
    assert found["sd"].to_numpy() == pytest.approx(np.sqrt(found["variance"].to_numpy()))


def test_where_groups_do_not_differ_it_is_least_squares_and_says_so():
    table = balanced()
    alike = table.groupby("subject")["value"].transform("mean")
    table["value"] -= alike  # the means of subjects differ less than chance would have it
    ours = mixed(table, "value ~ time")
    other = regress(table, "value ~ time", allow=["repeated"])
    assert ours[NUMBERS].to_numpy() == pytest.approx(other[NUMBERS].to_numpy(), rel=1e-6, abs=1e-9)
    assert ours["note"].tolist() == ["singular: the variance of subject is estimated as 0"] * 2
    found = variance_components(table, "value ~ time")
    assert found["singular"].all()
    assert found["converged"].all()
    assert found["variance"].iloc[0] == 0


# Laws.

LAWS = settings(max_examples=12)


def close(one, other, rel=1e-6, columns=NUMBERS):
    for name in columns:
        assert one[name].to_numpy() == pytest.approx(other[name].to_numpy(), rel=rel, nan_ok=True), name


@pytest.mark.parametrize("slope", [None, "time"], ids=["intercept", "slope"])
@LAWS
@given(seed=st.integers(0, 1000))
def test_the_order_of_rows_does_not_matter(slope, seed):
    table = longitudinal().query("region in ['Left-Hippocampus', 'Left-Thalamus']")
    mixed_up = table.sample(frac=1, random_state=seed)
    keys = ["region", "term"]
    one = mixed(table, FORMULA, slope=slope).sort_values(keys)
    other = mixed(mixed_up, FORMULA, slope=slope).sort_values(keys)
    close(one, other, rel=1e-5)


@LAWS
@given(unit=st.sampled_from([1e-12, 1e-3, 7.0, 1e9]), offset=st.sampled_from([0.0, 1e3]))
def test_units_of_values_do_not_matter(unit, offset):
    table = longitudinal().query("region == 'Left-Hippocampus'")
    one = mixed(table, FORMULA, slope="time").iloc[1:]
    other = mixed(table.assign(value=unit * (table["value"] + offset)), FORMULA, slope="time").iloc[1:]
    close(one, other, 1e-5, ["statistic", "df", "p_value"])
    assert other["estimate"].to_numpy() == pytest.approx(unit * one["estimate"].to_numpy(), rel=1e-5)


@LAWS
@given(unit=st.sampled_from([1e-3, 12.0, 365.25]), offset=st.sampled_from([0.0, -70.0, 2000.0]))
def test_units_and_offset_of_time_do_not_matter_to_what_is_along_it(unit, offset):
    table = longitudinal().query("region == 'Right-Hippocampus'")
    formula, terms = "value ~ time * group", ["time", "time:group"]
    one = mixed(table, formula, slope="time", terms=terms)
    moved = table.assign(time=unit * (table["time"] + offset))
    other = mixed(moved, formula, slope="time", terms=terms)
    close(one, other, 1e-4, ["statistic", "df"])
    ours, theirs = (variance_components(one, formula, slope="time").set_index("term") for one in (table, moved))
    assert theirs.loc["time", "sd"] * unit == pytest.approx(ours.loc["time", "sd"], rel=1e-4)
    assert theirs.loc["Residual", "sd"] == pytest.approx(ours.loc["Residual", "sd"], rel=1e-5)


def test_other_regions_do_not_matter():
    table = longitudinal()
    whole = mixed(table, FORMULA)
    flat = table.query("region == 'Left-Thalamus'").assign(region="flat", value=1.0)
    more = mixed(pd.concat([flat, table.astype({"region": "str"})]), FORMULA)
    assert more["note"].iloc[:6].tolist() == ["does not vary"] * 6
    assert more[NUMBERS].iloc[:6].isna().all(axis=None)
    close(more.iloc[6:], whole)


def test_a_wide_table_gives_the_same():
    table = longitudinal()
    wide = to_wide(table, sep=None)
    close(mixed(wide, FORMULA), mixed(table, FORMULA))


def test_contrasts_are_combinations_of_terms():
    table = longitudinal()
    slope = mixed(table, FORMULA, contrasts={"time in patients": "time + time:group[T.PT]"})
    turned = mixed(table, FORMULA, terms=["time"], reference={"group": "PT"})
    assert slope["term"].unique().tolist() == ["time in patients"]
    close(slope, turned, rel=1e-5)


def test_the_table_says_what_was_done():
    found = mixed(longitudinal(), FORMULA, terms=["group"], slope="time", method="ML", df="normal").iloc[0]
    assert found["method"] == (
        "linear mixed model by ML, random intercept of subject, random slope of time by subject; "
        "value ~ time * group + agec + sex; z"
    )
    assert found["df"] == np.inf
    assert found["df_term"] == 1
    assert found["p_value"] == pytest.approx(2 * stats.norm.sf(abs(found["statistic"])))
    assert found["unit"] == "mm^3"


def test_rows_without_a_variable_or_a_group_are_counted():
    table = longitudinal().query("region == 'Left-Hippocampus'").reset_index(drop=True)
    table.loc[0, "agec"] = np.nan
    table.loc[1, "value"] = np.nan
    table["family"] = table["subject"].astype(str)
    table.loc[2, "family"] = None
    found = mixed(table, FORMULA, groups=["family"], terms=["time"], allow=["repeated"])
    assert found[["n", "n_missing"]].to_numpy().tolist() == [[170, 3]]


def test_components_have_their_columns():
    found = variance_components(longitudinal(), FORMULA, slope="time")
    assert found.columns.tolist() == ["source", "hemi", "region", "measure", "unit", *COMPONENT_COLUMNS, "note"]
    one = found.iloc[:4].set_index("term")
    assert one["group"].tolist() == ["subject"] * 3 + ["Residual"]
    assert one.index.tolist() == ["Intercept", "time", "covariance", "Residual"]
    product = one.loc["Intercept", "variance"] * one.loc["time", "variance"]
    assert one.loc["covariance", "correlation"] == pytest.approx(one.loc["covariance", "variance"] / np.sqrt(product))
    assert one["icc"].isna().all()
    assert one["n_groups"].tolist()[:3] == [60, 60, 60]


# What cannot be.

ODD = {
    "does not vary": lambda t: t.assign(value=7.0),
    "no values": lambda t: t.assign(value=np.nan),
    "too few rows": lambda t: t.assign(value=t["value"].where(t.index < t.index[4])),
    "in the rows of this region time is 0 in every row": lambda t: t.assign(value=t["value"].where(t["visit"] == 1)),
    "in the rows of this region group": lambda t: t.assign(value=t["value"].where(t["group"] == "CN")),
    "perhaps nothing varies within groups": lambda t: t.assign(
        value=t.groupby("subject", observed=True)["value"].transform("first")
    ),
    "infinite left out; no values": lambda t: t.assign(value=np.inf),
    "is given by the model without any residual": lambda t: t.assign(value=3.0 * t["time"] + 1),
}


@pytest.mark.parametrize("slope", [None, "time"], ids=["intercept", "slope"])
@pytest.mark.parametrize(("why", "spoil"), ODD.items(), ids=ODD)
def test_a_region_that_has_no_model_says_why_and_leaves_the_others_alone(why, spoil, slope):
    table = longitudinal().query("region in ['Left-Hippocampus', 'Left-Thalamus']").reset_index(drop=True)
    whole = mixed(table, FORMULA, slope=slope).query("region == 'Left-Thalamus'")
    bad = table["region"] == "Left-Hippocampus"
    found = mixed(pd.concat([spoil(table[bad]), table[~bad]]), FORMULA, slope=slope)
    spoilt = found.query("region == 'Left-Hippocampus'")
    assert spoilt[NUMBERS].isna().all(axis=None)
    assert spoilt["note"].str.contains(why, regex=False).all()
    close(found.query("region == 'Left-Thalamus'"), whole)


REFUSED = {
    "R's way of naming groups": (
        {"formula": "value ~ time + (1|subject)"},
        FormulaError,
        "expected the fixed effects alone, found '|'. Name the groups beside the formula: groups='subject'",
    ),
    "no such column": ({"groups": "subjct"}, UnknownNameError, "no column of the people is called 'subjct'"),
    "no such time": ({"slope": "tim"}, UnknownNameError, "did you mean time?"),
    "no groups": ({"groups": []}, TableError, "expected at least one column, found none"),
    "subjects are not independent": ({"groups": "scanner"}, TableError, r"Use groups=['scanner', 'subject']"),
    "groups that the formula has": (
        {"formula": "value ~ time + site", "groups": ["site", "subject"]},
        TableError,
        "the formula takes up all differences between groups of site",
    ),
    "groups twice": ({"groups": ["again", "subject"]}, TableError, "again and subject make the same groups"),
    "one group": ({"groups": ["one", "subject"]}, TableError, "all values are of one group of one"),
    "slopes along words": ({"slope": "site"}, FormulaError, "slope 'site': expected numbers, found 'A'"),
    "slopes along a constant": ({"slope": "level"}, FormulaError, "expected numbers that differ, found 1 in every"),
    "no such method": ({"method": "reml"}, UnknownNameError, "did you mean REML?"),
    "no such degrees of freedom": ({"df": "kr"}, UnknownNameError, "there are: normal, satterthwaite"),
    "no such term": ({"terms": ["tme"]}, UnknownNameError, "did you mean time?"),
    "percent": ({"conf_level": 95}, TableError, "conf_level must be between 0 and 1, not 95"),
}


@pytest.mark.parametrize(("options", "kind", "message"), REFUSED.values(), ids=REFUSED)
def test_what_has_no_answer_is_refused(options, kind, message):
    table = longitudinal().assign(one="a", level=1)
    table["again"] = "x" + table["subject"].astype(str)
    with pytest.raises(kind) as error:
        mixed(
            table,
            options.pop("formula", FORMULA) if "formula" in options else FORMULA,
            **{k: v for k, v in options.items() if k != "formula"},
        )
    assert message in str(error.value)


def test_one_row_a_group_is_a_matter_for_regress():
    with pytest.raises(TableError, match=r"each group of subject has one value.*regress is the model for such rows"):
        mixed(cohort(), "value ~ group")


def test_a_slope_needs_three_times():
    table = longitudinal().query("visit < 3")
    with pytest.raises(TableError, match="no group of subject has values at three times, which a random slope needs"):
        mixed(table, "value ~ time", slope="time")


def test_rows_that_groups_and_slopes_use_up_leave_no_residual():
    subject = np.repeat(np.arange(10), [1, 1, 3, 1, 2, 2, 1, 1, 1, 3])
    time = np.array([0, 0, 0, 1, 2, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 2.5])
    scanner = np.arange(16) % 3
    random = random_of(["scanner", "subject"], [scanner, subject], along=time)
    basis = np.column_stack([np.ones(16), time])
    assert _random.not_told(random, basis) == "16 rows are too few to tell the residual variance beside these groups"
    assert _random.not_told(random_of(["subject"], [subject], along=time), basis) is None


def test_too_many_crossed_groups_are_refused():
    codes = np.arange(1000)
    with pytest.raises(
        TableError, match="at most 200 groups beside those of one column, or nested ones, found 500 of a"
    ):
        random_of(["a", "b"], [codes // 2, codes % 500])


def test_few_groups_are_doubtful():
    with pytest.warns(FsstatsWarning, match=r"3 groups of site are few \(below 5\) to tell a variance"):
        mixed(longitudinal(), FORMULA, groups=["site", "subject"])


def test_slopes_without_their_mean_are_doubtful():
    with pytest.warns(FsstatsWarning, match="slopes along time vary about 0"):
        mixed(longitudinal(), "value ~ group", slope="time")


# Comparing two models.


def test_models_are_compared_on_the_same_rows():
    table = longitudinal()
    table.loc[table["subject"] == "sub-003", "agec"] = np.nan
    found = compare_mixed(table, "value ~ time + agec", "value ~ time")
    rows = table[table["agec"].notna()]
    other = compare_mixed(rows, "value ~ time + agec", "value ~ time")
    close(found, other, columns=["statistic", "p_value", "n", "df_term"])
    assert (found["n_missing"] == (table["subject"] == "sub-003").sum() / 10).all()
    assert found["term"].unique().tolist() == ["agec"]


def test_several_terms_are_compared_at_once():
    found = compare_mixed(longitudinal(), FORMULA, "value ~ time")
    assert found["df_term"].unique().tolist() == [4]
    assert found["term"].iloc[0] == "group + agec + sex + time:group"
    assert found["p_value"].to_numpy() == pytest.approx(stats.chi2.sf(found["statistic"], 4))


NOT_NESTED = {
    "other terms": ("value ~ time", "value ~ group", "expected a part of time, found one that says something else"),
    "the same": ("value ~ time + group", "value ~ group + time", "found one that says the same"),
    "the wrong way round": ("value ~ time", "value ~ time + group", "found one that says something else"),
}


@pytest.mark.parametrize(("full", "reduced", "message"), NOT_NESTED.values(), ids=NOT_NESTED)
def test_only_a_part_can_be_compared(full, reduced, message):
    with pytest.raises(FormulaError, match=message):
        compare_mixed(longitudinal(), full, reduced)


# Where nothing is to be found, p-values are uniform.

REGIONS = 1500
NOTHING = {
    "40 subjects of 1 to 4 visits": (40, (1, 2, 3, 4), 0.8, False),
    "12 families of 2 to 4": (12, (2, 3, 4), 0.5, False),
    "30 subjects with slopes of their own": (30, (3, 4), 0.6, True),
}


def of_nothing(groups, sizes, icc, sloped):
    """Give p-values and z's p-values of a term within groups, and of two between them."""
    rng = np.random.default_rng(11)
    k = rng.choice(sizes, groups)
    code = np.repeat(np.arange(groups), k)
    time = np.concatenate([np.arange(m) + rng.uniform(-0.2, 0.2, m) for m in k])
    regions = REGIONS // 3 if sloped else REGIONS
    values = np.sqrt(1 - icc) * rng.normal(size=(len(code), regions))
    values += np.sqrt(icc) * rng.normal(size=(groups, regions))[code]
    values += 0.4 * sloped * rng.normal(size=(groups, regions))[code] * time[:, None]
    between = rng.normal(size=groups)[code]
    matrix = np.column_stack([np.ones(len(code)), time, code % 2, between])
    fits = fitted(values, matrix, {"g": code}, ["g"], time if sloped else None)
    t = np.abs(fits.estimate / fits.std_error)[:, 1:]
    return 2 * stats.t.sf(t, fits.df[:, 1:]), 2 * stats.norm.sf(t)


@pytest.mark.parametrize("case", NOTHING.values(), ids=NOTHING)
def test_p_values_of_nothing_are_uniform(case):
    p, _ = of_nothing(*case)
    for one in p.T:
        assert stats.kstest(one, "uniform").pvalue > 0.001
        for level in (0.05, 0.01):
            assert stats.binomtest(int((one < level).sum()), len(one), level).pvalue > 0.001


def test_with_few_groups_z_would_find_far_too_much():
    p, z = of_nothing(*NOTHING["12 families of 2 to 4"])
    between = slice(1, None)
    assert (z[:, between] < 0.01).mean() > 0.02
    assert stats.binomtest(int((z[:, between] < 0.01).sum()), z[:, between].size, 0.01).pvalue < 1e-10
    assert (p[:, between] < 0.01).mean() < 0.015


@pytest.mark.long
def test_intervals_cover_at_their_level():
    rng = np.random.default_rng(5)
    people = pd.DataFrame(
        {"subject": np.repeat([f"s{i:02}" for i in range(14)], [2, 3, 4, 1, 3, 4, 2, 2, 3, 4, 3, 2, 1, 3])}
    )
    people["session"] = "v" + people.groupby("subject").cumcount().astype(str)
    people["time"] = people.groupby("subject").cumcount() + 0.0
    people["x"] = pd.factorize(people["subject"])[0] % 3 - 1.0
    own = rng.normal(size=(14, 400))[pd.factorize(people["subject"])[0]]
    values = (
        2.0 * people["time"].to_numpy()[:, None] - people["x"].to_numpy()[:, None] + own + rng.normal(size=own.shape)
    )
    for level in (0.8, 0.95):
        found = mixed(table_of(people, values), "value ~ time + x", conf_level=level)
        for term, truth in (("time", 2.0), ("x", -1.0)):
            rows = found[found["term"] == term]
            covered = ((rows["ci_low"] < truth) & (truth < rows["ci_high"])).sum()
            assert stats.binomtest(int(covered), 400, level).pvalue > 0.001
