import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from fsstats.errors import ColumnsError, FormulaError, FsstatsWarning, TableError, UnknownNameError
from fsstats.schema import RESULTS
from fsstats.stats.harmonise import harmonise
from fsstats.stats.regress import regress
from fsstats.stats.site_effects import brown_forsythe, site_effects

MEAN, VARIANCE = "site (mean)", "site (variance)"


def table_of(values, sites, seed=0, **columns):
    """Give a long table of people at sites of these sizes, region by region."""
    rng = np.random.default_rng(seed)
    n = len(values)
    people = pd.DataFrame({"subject": [f"s{i}" for i in range(n)], "session": None, "stream": "cross"})
    people["site"] = np.repeat([f"S{i}" for i in range(len(sites))], sites)
    people["age"] = rng.uniform(20, 80, n)
    people["group"] = rng.choice(["a", "b"], n)
    people = people.assign(**columns)
    table = people.loc[np.tile(np.arange(n), values.shape[1])].reset_index(drop=True)
    region = np.repeat([f"r{j:03}" for j in range(values.shape[1])], n)
    return table.assign(source="aparc", hemi="lh", region=region, measure="area", value=values.T.ravel(), unit="mm^2")


def noise(n, regions, seed=0):
    return np.random.default_rng(seed).normal(size=(n, regions))


def of(results, term, column="p_value"):
    return results.loc[results["term"] == term, column].to_numpy()


def test_it_equals_statsmodels_and_scipy_region_by_region():
    values = noise(60, 4)
    values[[3, 30], 1] = np.nan
    values[25, 2] = np.nan
    table = table_of(values, (12, 20, 28))
    results = site_effects(table, keep="age + group")
    assert list(results.columns) == list(RESULTS)
    people = table.drop_duplicates("subject")
    base = np.column_stack([np.ones(60), people["age"], people["group"] == "b"])
    sites = pd.get_dummies(people["site"]).to_numpy(dtype=float)
    for place in range(4):
        there = np.isfinite(values[:, place])
        y, x, z = values[there, place], base[there], sites[there]
        full = sm.OLS(y, np.column_stack([x, z[:, 1:]])).fit()
        f, p, q = full.compare_f_test(sm.OLS(y, x).fit())
        own = results[results["region"] == f"r{place:03}"].set_index("term")
        np.testing.assert_allclose(
            own.loc[MEAN, ["statistic", "p_value", "df_term"]].astype(float), [f, p, q], rtol=1e-9
        )
        levene = stats.levene(*[full.resid[z[:, one] == 1] for one in range(3)])
        np.testing.assert_allclose(own.loc[VARIANCE, ["statistic", "p_value"]].astype(float), levene, rtol=1e-9)
        assert own["df"].tolist() == [there.sum() - 5, there.sum() - 3]
        assert own["n"].tolist() == [there.sum()] * 2
        assert own["n_missing"].tolist() == [60 - there.sum()] * 2
        share = f * 2 / (f * 2 + there.sum() - 5)
        assert own.loc[MEAN, "effect_size"] == pytest.approx(share)


def test_p_values_are_uniform_where_sites_do_not_differ():
    results = site_effects(table_of(noise(120, 600, seed=4), (20, 40, 60)), keep="age + group")
    p = of(results, MEAN)
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert abs((p < 0.05).mean() - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 600)
    assert abs((p < 0.01).mean() - 0.01) < 3 * np.sqrt(0.01 * 0.99 / 600)
    variance = of(results, VARIANCE)  # Brown and Forsythe's test is a little conservative
    assert 0.02 < (variance < 0.05).mean() < 0.065


def test_small_sites_are_not_taken_for_different_ones():
    results = site_effects(table_of(noise(150, 600, seed=5), (4, 6, 40, 100)), keep="age + group")
    assert (of(results, VARIANCE) < 0.05).mean() < 0.07


def test_planted_differences_are_found_each_by_its_own_test():
    site = np.repeat([0, 1, 2], 60)
    shifted = noise(180, 50, seed=6) + np.array([0, 0, 1.0])[site][:, None]
    stretched = noise(180, 50, seed=7) * np.array([1, 1, 2.0])[site][:, None]
    moved, wider = (site_effects(table_of(one, (60, 60, 60))) for one in (shifted, stretched))
    assert (of(moved, MEAN) < 0.001).mean() > 0.95
    assert (of(moved, VARIANCE) < 0.01).mean() < 0.1
    assert (of(wider, VARIANCE) < 0.001).mean() > 0.95
    assert (of(wider, MEAN) < 0.01).mean() < 0.1


@pytest.mark.parametrize("options", [{}, {"empirical_bayes": False}, {"parametric": False}, {"method": "covbat"}])
def test_after_harmonise_no_more_differences_are_found_than_by_chance(options):
    rng = np.random.default_rng(8)
    regions, site = 100, np.repeat([0, 1, 2, 3], (25, 30, 40, 55))
    shift = rng.normal(0, 0.5, (4, 1)) + rng.normal(0, 0.4, (4, regions))
    stretch = np.exp(rng.normal(0, 0.3, (4, 1)) + rng.normal(0, 0.1, (4, regions)))
    table = table_of(noise(150, regions, seed=9) * stretch[site] + shift[site], (25, 30, 40, 55))
    before = site_effects(table, keep="age")
    after = site_effects(harmonise(table, keep="age", **options), keep="age")
    assert (of(before, MEAN) < 0.05).mean() > 0.8
    assert (of(before, VARIANCE) < 0.05).mean() > 0.5
    assert (of(after, MEAN) < 0.05).mean() < 0.05
    assert (of(after, VARIANCE) < 0.05).mean() < 0.1


def test_after_harmonise_the_effect_of_a_group_is_unbiased():
    rng = np.random.default_rng(10)
    regions, site = 400, np.repeat([0, 1, 2], (50, 50, 50))
    group = np.where(
        rng.random(150) < np.array([0.15, 0.5, 0.85])[site], "b", "a"
    )  # more patients where values are larger
    shift = np.array([0.0, 0.6, 1.2])[:, None] + rng.normal(0, 0.2, (3, regions))
    effect = np.where(np.arange(regions) % 2, 0.5, 0.0)
    values = noise(150, regions, seed=11) + shift[site] + effect * (group == "b")[:, None]
    table = table_of(values, (50, 50, 50), group=group)
    found = regress(harmonise(table, keep="age + group"), "value ~ age + group", terms=["group"])
    error = found["estimate"].to_numpy() - effect
    assert abs(error.mean()) < 4 * error.std() / np.sqrt(regions)
    blind = regress(harmonise(table, keep="age"), "value ~ age + group", terms=["group"])
    lost = blind["estimate"].to_numpy() - effect
    assert lost[effect > 0].mean() < -0.03  # what is not kept is taken for the site in part


@pytest.mark.parametrize(("patients", "without_site"), [((0.5, 0.5, 0.5), 0.05), ((0.15, 0.5, 0.85), 0.10)])
def test_after_harmonise_p_values_are_right_with_the_site_in_the_model(patients, without_site):
    rng = np.random.default_rng(11)
    site = np.repeat([0, 1, 2], 50)
    group = np.where(rng.random(150) < np.array(patients)[site], "b", "a")
    shift = np.array([0.0, 0.6, 1.2])[:, None] + rng.normal(0, 0.2, (3, 800))
    found = harmonise(table_of(noise(150, 800, seed=21) + shift[site], (50, 50, 50), group=group), keep="age + group")
    with_it = regress(found, "value ~ age + group + site", terms=["group"])
    assert abs((with_it["p_value"] < 0.05).mean() - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 800)
    assert abs(((with_it["ci_low"] < 0) & (with_it["ci_high"] > 0)).mean() - 0.95) < 3 * np.sqrt(0.05 * 0.95 / 800)
    alone = regress(found, "value ~ age + group", terms=["group"])["p_value"]
    assert (alone < 0.05).mean() == pytest.approx(without_site, abs=0.03)  # as the docstring of harmonise says


def test_a_region_that_a_site_lacks_has_a_note_and_the_others_their_numbers():
    values = noise(60, 3)
    values[:12, 1] = np.nan
    values[:, 2] = 5.0
    results = site_effects(table_of(values, (12, 20, 28))).set_index(["region", "term"])
    assert results.loc["r000", "p_value"].notna().all()
    assert results.loc["r001", "p_value"].isna().all()
    assert results.loc["r001", "note"].str.contains("S0|S1|site").all()
    assert results.loc["r002", "p_value"].isna().all()
    assert results.loc["r002", "note"].notna().all()


def test_the_order_of_rows_and_the_unit_do_not_matter():
    table = table_of(noise(60, 3), (12, 20, 28))
    plain = site_effects(table, keep="age")
    mixed = site_effects(table.sample(frac=1, random_state=1), keep="age").sort_values(["region", "term"])
    scaled = site_effects(table.assign(value=table["value"] * 1e6 + 1e8, age=table["age"] * 12), keep="age")
    for other in (mixed, scaled):
        np.testing.assert_allclose(other["statistic"], plain["statistic"], rtol=1e-6)


FAULTS = {
    "no site": (lambda table: table, {"site": "scanner"}, ColumnsError, "site_effects needs the column"),
    "one site": (lambda table: table.assign(site="A"), {}, TableError, "expected at least 2 sites to compare, found A"),
    "the site beside itself": (lambda table: table, {"keep": "age + site"}, FormulaError, "the site itself"),
    "no such variable": (lambda table: table, {"keep": "agee"}, UnknownNameError, "no variable is called 'agee'"),
    "confounded": (
        lambda table: table.assign(group=table["site"]),
        {"keep": "group"},
        FormulaError,
        "is a combination of",
    ),
    "two runs": (
        lambda table: pd.concat([table, table.assign(session="2")]),
        {},
        TableError,
        "several runs",
    ),
}


@pytest.mark.parametrize(("change", "options", "error", "message"), FAULTS.values(), ids=FAULTS)
def test_what_is_wrong_is_said(change, options, error, message):
    with pytest.raises(error, match=message):
        site_effects(change(table_of(noise(30, 2), (10, 20))), **options)


def test_names_with_blanks_can_be_sites():
    table = table_of(noise(40, 2), (20, 20)).rename(columns={"site": "my scanner"})
    plain = site_effects(table.rename(columns={"my scanner": "site"}))
    np.testing.assert_allclose(site_effects(table, site="my scanner")["statistic"], plain["statistic"])
    with pytest.warns(FsstatsWarning, match="fewer than 10"):
        harmonise(table.assign(**{"my scanner": np.resize(np.repeat([1, 2], [9, 31]), len(table))}), site="my scanner")


def test_brown_forsythe_needs_something_that_varies():
    group = np.array([0, 0, 1, 1])
    assert np.isnan(brown_forsythe(np.zeros((4, 1)), np.ones((4, 1), dtype=bool), group, 2)).all()
