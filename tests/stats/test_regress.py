"""Linear models of every region: laws, gaps, what cannot be fitted, guards, and what chance gives."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from fsstats.errors import ColumnsError, FormulaError, FsstatsWarning, TableError, UnknownNameError
from fsstats.schema import RESULTS
from fsstats.stats.anova import anova
from fsstats.stats.marginal import marginal_means, slopes
from fsstats.stats.model_fit import model_fit
from fsstats.stats.regress import EFFECTS, regress
from fsstats.tables.shape import to_wide
from reference_support import cohort
from stats_support import NUMBERS, long_of_matrix, made_up, same

MODEL = "value ~ group + age + sex"


def test_the_results_table_has_its_columns():
    assert tuple(regress(made_up(), MODEL).columns) == RESULTS


def test_a_wide_table_gives_the_same():
    table = made_up(gaps=0.05)
    assert same(regress(table, MODEL), regress(to_wide(table, sep=None), MODEL))


@pytest.mark.parametrize("std_errors", ["classical", "HC0", "HC1", "HC2", "HC3", "HC4"])
def test_a_region_with_gaps_is_fitted_as_if_it_stood_alone(std_errors):
    table = made_up(gaps=0.1)
    whole = regress(table, MODEL, std_errors=std_errors)
    alone = [
        regress(part.dropna(subset=["value"]), MODEL, std_errors=std_errors).assign(n_missing=np.nan)
        for _, part in table.groupby("region", observed=True, sort=False)
    ]
    assert same(whole.assign(n_missing=np.nan), pd.concat(alone, ignore_index=True), rtol=1e-9)


@pytest.mark.parametrize("std_errors", ["classical", "HC3"])
def test_a_region_without_a_level_keeps_what_the_others_say(std_errors):
    table = made_up()
    lost = (table["region"] == "r1") & (table["site"] == "C")
    table.loc[lost, "value"] = np.nan
    found = regress(table, "value ~ site + age", std_errors=std_errors).query("region == 'r1'").set_index("term")
    alone = regress(table[(table["region"] == "r1") & ~lost], "value ~ site + age", std_errors=std_errors).set_index(
        "term"
    )
    columns = ["estimate", "std_error", "df", "p_value", "effect_size", "n_first", "n_second", "n"]
    assert np.allclose(found.loc[alone.index, columns], alone[columns], rtol=1e-9, equal_nan=True)
    assert found.loc["site[T.C]", ["estimate", "p_value", "effect_size"]].isna().all()
    assert found["note"].eq("this region has no values of site C").all()
    pairs = regress(table, "value ~ site + age", contrasts="site[T.C] - site[T.B]").query("region == 'r1'")
    assert pairs[["estimate", "p_value"]].isna().all(axis=None)


def test_a_person_whom_a_region_lacks_does_not_take_its_hc3():
    rng = np.random.default_rng(0)
    values = np.column_stack([rng.normal(size=30), np.r_[np.nan, rng.normal(size=29)]])
    table = long_of_matrix(values, pd.DataFrame({"age": np.r_[500.0, rng.normal(50, 5, 29)]}))
    found = regress(table, "value ~ age", std_errors="HC3").query("region == 'r1'")
    alone = regress(table[(table["region"] == "r1")].dropna(subset=["value"]), "value ~ age", std_errors="HC3")
    assert np.allclose(found[["std_error", "p_value"]], alone[["std_error", "p_value"]], rtol=1e-7)


def test_rows_left_out_are_counted():
    table = made_up(n=40)
    table.loc[(table["subject"] == "s003"), "age"] = np.nan
    table.loc[(table["subject"] == "s005") & (table["region"] == "r1"), "value"] = np.nan
    found = regress(table, MODEL, terms=["age"]).set_index("region")
    assert found.loc["r0", ["n", "n_missing"]].tolist() == [39, 1]
    assert found.loc["r1", ["n", "n_missing"]].tolist() == [38, 2]


ODD = {
    "constant": (lambda values, _: np.full(len(values), 2.5), "does not vary"),
    "empty": (lambda values, _: np.full(len(values), np.nan), "no values"),
    "nearly empty": (
        lambda values, _: np.where(np.arange(len(values)) < 3, values, np.nan),
        "too few rows: 3 for 4",
    ),
    "one group only": (
        lambda values, people: np.where(people["group"] == "patient", np.nan, values),
        "this region has no values of group patient",
    ),
    "given by the model": (
        lambda _, people: people["age"] * 2.0 + 1.0,
        "is given by the model without any residual",
    ),
    "infinite": (
        lambda values, _: np.where(np.arange(len(values)) == 1, np.inf, values),
        "1 value(s) that are infinite",
    ),
}


@pytest.mark.parametrize(("change", "note"), ODD.values(), ids=ODD)
def test_a_region_that_cannot_be_fitted_says_why_and_spoils_no_other(change, note):
    table = made_up(n=40)
    own = (table["region"] == "r1").to_numpy()
    before = regress(table[~own], MODEL)
    table.loc[own, "value"] = np.asarray(change(table.loc[own, "value"].to_numpy(), table[own]), dtype=float)
    found = regress(table, MODEL)
    odd = found[found["region"] == "r1"]
    assert odd["note"].str.contains(note, regex=False).all()
    whole = "infinite" in note or "no values of group" in note
    assert odd["p_value"].isna().all() or whole
    assert same(found[found["region"] != "r1"].reset_index(drop=True), before)
    assert before["note"].isna().all()


def test_zero_volumes_are_left_out_of_logs_and_said():
    table = made_up(n=40)
    table.loc[(table["region"] == "r0") & (table["subject"].isin(["s001", "s002"])), "value"] = 0.0
    found = regress(table, "log(value) ~ age", terms=["age"]).set_index("region")
    assert found.loc["r0", "note"] == "2 value(s) that are 0, negative or infinite left out"
    assert found.loc["r0", "n"] == 38


def test_a_header_measure_is_a_variable_and_is_not_modelled_by_itself():
    found = regress(cohort(with_head_size=True), "value ~ group + eTIV", terms=["eTIV"])
    own = found[found["measure"] == "eTIV"]
    assert own["note"].tolist() == ["is itself a variable of the model"]
    assert own["p_value"].isna().all()
    assert found["p_value"].notna().sum() == 30


def test_a_function_of_the_value_has_a_unit_of_its_own_and_keeps_what_it_can():
    table = made_up(n=40)
    table.loc[(table["region"] == "r0") & (table["subject"] < "s003"), "value"] = 0.0
    roots = regress(table, "sqrt(value) ~ age", terms=["age"]).set_index("region")
    assert roots.loc["r0", ["n", "unit"]].tolist() == [40, "sqrt(mm^3)"]
    assert regress(table, "log(value) ~ age")["unit"].eq("log(mm^3)").all()


def test_versions_mixed_in_a_covariate_are_said_in_every_row():
    table = cohort(with_head_size=True)
    old = table["subject"].astype("str") < "sub-050"
    is_head = table["measure"] == "eTIV"
    table["version"] = np.where(old & is_head, "6.0", "7.4")
    table["source"] = table["source"].astype("str").where(~is_head, "brainvol")
    found = regress(table, "value ~ eTIV", allow="versions", terms=["eTIV"])
    assert found["note"].str.contains("brainvol: versions mixed: 6.0 (49), 7.4 (111)", regex=False).all()


def test_an_unknown_version_is_another_version():
    table = made_up(n=40)
    table["version"] = table["subject"].map(lambda name: "7.4.1" if name < "s010" else None)
    with pytest.raises(TableError, match=r"versions mixed: 7.4.1 \(10\), unknown \(30\)"):
        regress(table, MODEL)


def test_clusters_must_hold_all_runs_of_a_subject():
    table = made_up(n=40)
    both = pd.concat([table.assign(session=one, scanner=one) for one in ("1", "2")], ignore_index=True)
    with pytest.raises(TableError, match="have several runs"):
        regress(both, MODEL, cluster="scanner")
    assert regress(both, MODEL, cluster="subject")["p_value"].notna().all()


def test_numbers_among_objects_are_numbers_and_odd_names_are_refused():
    table = made_up(n=40)
    table["score"] = pd.Series(
        [None if name == "s003" else int(name[1:]) % 4 for name in table["subject"]], dtype=object
    )
    assert regress(table, "value ~ score", terms=["score"])["term"].eq("score").all()
    for name in ("Intercept", "log", "C"):
        with pytest.raises(FormulaError, match="expected variables with names of their own, found " + name):
            regress(table.rename(columns={"age": name}), f"value ~ {name}")


def test_a_variable_with_one_level_is_left_out_and_said():
    table = made_up(n=40).assign(one="x")
    with pytest.warns(FsstatsWarning, match="one has only one level, x, and is left out of the model"):
        found = regress(table, "value ~ one + age")
    assert found["term"].unique().tolist() == ["Intercept", "age"]
    with (
        pytest.warns(FsstatsWarning),
        pytest.raises(FormulaError, match="one: expected a term with two levels or more"),
    ):
        regress(table, "value ~ one + age", terms=["one"])


GUARDS = {
    "streams": (
        lambda t: t.assign(stream=np.where(t["subject"] < "s010", "long", "cross")),
        "streams mixed: long \\(10\\), cross \\(30\\)",
    ),
    "versions": (
        lambda t: t.assign(version=np.where(t["subject"] < "s010", "FreeSurfer 6.0", "FreeSurfer 7.4.1")),
        "aseg: versions mixed: FreeSurfer 6.0 \\(10\\)",
    ),
    "definitions": (
        lambda t: t.assign(definition=np.where(t["subject"] < "s010", "th3", "area_x_thickness")),
        "aseg volume: definitions mixed: th3 \\(10\\)",
    ),
    "repeated": (
        lambda t: pd.concat([t.assign(session="1"), t.assign(session="2")]),
        "40 subject\\(s\\) have several runs",
    ),
}


@pytest.mark.parametrize(("guard", "change", "message"), [(k, *v) for k, v in GUARDS.items()], ids=GUARDS)
@pytest.mark.parametrize("verb", [regress, anova, model_fit])
def test_what_must_not_be_mixed_is_an_error_unless_it_is_allowed(verb, guard, change, message):
    table = change(made_up(n=40))
    with pytest.raises(TableError, match=message + rf".*allow=\['{guard}'\]"):
        verb(table, MODEL)
    found = verb(table, MODEL, allow=[guard])
    assert guard == "repeated" or found["note"].str.contains(f"{guard} mixed").all()


def test_a_wide_table_is_guarded_by_the_versions_of_its_runs():
    table = made_up(n=40)
    old = table["subject"] < "s010"
    wide = to_wide(table.assign(version=np.where(old, "FreeSurfer 6.0", "FreeSurfer 7.4.1")), sep=None)
    with pytest.raises(TableError, match=r"aseg: versions mixed: FreeSurfer 6.0 \(10\)"):
        regress(wide, MODEL)
    assert regress(wide, MODEL, allow="versions")["note"].str.contains("versions mixed").all()


def test_a_reference_may_be_a_number_or_a_truth_value():
    table = made_up(n=40).assign(scanner=lambda t: np.where(t["sex"] == "M", 3.0, 1.5))
    found = regress(table, "value ~ C(scanner)", reference={"scanner": 3.0}, terms=["C(scanner)"])
    assert found["term"].eq("C(scanner)[T.1.5]").all()
    with pytest.raises(UnknownNameError, match="no level of sex is called 'True'"):
        regress(table, MODEL, reference={"sex": True})


def test_versions_of_rows_that_are_not_used_are_no_matter():
    table = made_up(n=40)
    old = table["subject"] < "s010"
    table = table.assign(version=np.where(old, "FreeSurfer 6.0", "FreeSurfer 7.4.1"), age=table["age"].where(~old))
    assert regress(table, MODEL)["note"].isna().all()


REFUSED = {
    "an unknown term": ({"terms": ["grup"]}, UnknownNameError, "no term of the model is called 'grup'"),
    "a term that is no text": ({"terms": [None]}, UnknownNameError, "no term of the model is called 'None'"),
    "an unknown error": ({"std_errors": "HC9"}, UnknownNameError, "no kind of standard error is called 'HC9'"),
    "errors of both kinds": ({"std_errors": "HC3", "cluster": "site"}, TableError, "either by clusters or HC3"),
    "an unknown effect": ({"effect": "d"}, UnknownNameError, "no effect size is called 'd'"),
    "an unknown guard": ({"allow": ["version"]}, UnknownNameError, "did you mean versions"),
    "negative weights": ({"weights": "odd"}, FormulaError, "weights odd: expected positive numbers, found 1 of 40"),
    "weights of text": ({"weights": "sex"}, FormulaError, "weights sex: expected positive numbers, found text"),
    "an unknown column": ({"cluster": "family"}, UnknownNameError, "no variable is called 'family'"),
    "a level of confidence": ({"conf_level": 95}, TableError, "conf_level must be between 0 and 1"),
    "a contrast": ({"contrasts": ["group - age"]}, FormulaError, "expected sums of columns of the design"),
}


@pytest.mark.parametrize(("options", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_says_why(options, error, message):
    table = made_up(n=40)
    table["odd"] = np.where(table["subject"] == "s001", -1.0, 1.0)
    with pytest.raises(error, match=message):
        regress(table, MODEL, **options)


def test_a_table_that_is_not_long_is_refused():
    with pytest.raises(ColumnsError, match="regress needs the column"):
        regress(pd.DataFrame({"subject": ["a"], "age": [3]}), "value ~ age")


def test_a_row_that_is_alone_in_determining_a_coefficient_has_no_hc3_and_says_so():
    table = made_up(n=40, regions=2, gaps=0.1)
    table["alone"] = (table["subject"] == "s007").astype(float)
    found = regress(table, "value ~ alone + age", std_errors="HC3")
    assert found["note"].str.contains("leverage 1").all()
    assert found["p_value"].isna().all()
    assert regress(table, "value ~ alone + age")["p_value"].notna().all()


def test_a_contrast_is_the_difference_of_two_terms():
    table = cohort()
    found = regress(table, "value ~ dx3 + age", contrasts={"AD - MCI": "dx3[T.AD] - dx3[T.MCI]"})
    ad, mci = (regress(table, "value ~ dx3 + age", terms=[f"dx3[T.{level}]"])["estimate"] for level in ("AD", "MCI"))
    assert np.allclose(found["estimate"], ad - mci)
    recoded = regress(table, "value ~ dx3 + age", terms=["dx3[T.AD]"], reference={"dx3": "MCI"})
    assert np.allclose(found[["estimate", "std_error", "p_value"]], recoded[["estimate", "std_error", "p_value"]])


def test_effect_sizes_are_chosen_by_the_term():
    found = regress(made_up(), "value ~ group * age + sex + weight")
    names = found.drop_duplicates("term").set_index("term")["effect_name"]
    assert names.fillna("").to_dict() == {
        "Intercept": "",
        "group[T.patient]": "partial_r",
        "age": "partial_r",
        "sex[T.M]": "cohens_d",
        "weight": "standardised_beta",
        "group[T.patient]:age": "partial_r",
    }


@pytest.mark.parametrize("effect", EFFECTS)
def test_every_effect_size_lies_in_its_interval(effect):
    found = regress(made_up(), MODEL, effect=effect).dropna(subset=["effect_size"])
    assert (found["effect_size"].between(found["effect_low"] - 1e-9, found["effect_high"] + 1e-9)).all()
    assert len(found) > 0 or effect == "none"


def test_few_clusters_are_warned_of_and_one_is_refused():
    table = made_up(n=40)
    with pytest.warns(FsstatsWarning, match="3 clusters of site are few"):
        regress(table, MODEL, cluster="site")
    with pytest.raises(TableError, match="expected at least 2 values of site, found 1"):
        regress(table.assign(site="A"), MODEL, cluster="site")


def test_standard_errors_by_clusters_are_those_of_statsmodels():
    import statsmodels.formula.api as smf  # noqa: PLC0415 - another program, for this test alone

    table = made_up(n=120, regions=2)
    table["family"] = "f" + (table["subject"].str[1:].astype(int) // 2).astype(str)
    ours = regress(table, MODEL, cluster="family").query("region == 'r1'")
    own = table[table["region"] == "r1"]
    theirs = smf.ols(MODEL, own).fit(cov_type="cluster", cov_kwds={"groups": pd.factorize(own["family"])[0]})
    assert np.allclose(ours["std_error"], theirs.bse.reindex(ours["term"]), rtol=1e-9)
    assert ours["df"].eq(59).all()


@pytest.mark.parametrize("std_errors", ["classical", "HC3"])
def test_weights_that_are_all_alike_change_nothing(std_errors):
    table = made_up(gaps=0.05).assign(w=4.0)
    ours, plain = (regress(table, MODEL, std_errors=std_errors, weights=w) for w in ("w", None))
    assert same(ours, plain, but=["method"])


# --- laws


@given(st.randoms(use_true_random=False))
@settings(max_examples=15)
def test_the_order_of_rows_is_no_matter(random):
    table = made_up(n=30, regions=4, gaps=0.1)
    order = list(range(len(table)))
    random.shuffle(order)
    shuffled = regress(table.iloc[order], MODEL, std_errors="HC3")
    plain = regress(table, MODEL, std_errors="HC3")
    keys = ["region", "term"]
    assert same(*(one.sort_values(keys).reset_index(drop=True) for one in (shuffled, plain)), rtol=1e-8)


@given(st.floats(1e-6, 1e6), st.floats(-1e5, 1e5))
@settings(max_examples=25)
def test_units_of_the_values_scale_the_estimates_and_nothing_else(unit, offset):
    table = made_up(n=30, regions=4, gaps=0.1)
    scaled = regress(table.assign(value=table["value"] * unit + offset * unit), MODEL, std_errors="HC3")
    plain = regress(table, MODEL, std_errors="HC3")
    slopes_only = (plain["term"] != "Intercept").to_numpy()
    for name in ("statistic", "p_value", "effect_size", "effect_low", "n", "df"):
        assert np.allclose(scaled.loc[slopes_only, name], plain.loc[slopes_only, name], rtol=1e-5, atol=1e-12)
    assert np.allclose(
        scaled.loc[slopes_only, "estimate"], plain.loc[slopes_only, "estimate"] * unit, rtol=1e-5, atol=1e-7 * unit
    )


@given(st.floats(1e-6, 1e6), st.floats(-1e4, 1e4))
@settings(max_examples=25)
def test_linear_recoding_of_a_covariate_is_no_matter_to_the_others(unit, offset):
    table = made_up(n=30, regions=4, gaps=0.1)
    recoded = regress(table.assign(age=(table["age"] + offset) * unit), MODEL, terms=["group", "sex", "age"])
    plain = regress(table, MODEL, terms=["group", "sex", "age"])
    assert np.allclose(
        recoded[["statistic", "p_value", "effect_size"]], plain[["statistic", "p_value", "effect_size"]], rtol=1e-5
    )


@given(st.floats(-1e6, 1e6, allow_subnormal=False))
@settings(max_examples=10)
def test_an_added_constant_region_changes_nothing(constant):
    table = made_up(n=30, regions=3)
    more = table[table["region"] == "r0"].assign(region="flat", value=constant)
    both = regress(pd.concat([table, more], ignore_index=True), MODEL)
    assert both.loc[both["region"] == "flat", "note"].eq("does not vary").all()
    assert same(both[both["region"] != "flat"].reset_index(drop=True), regress(table, MODEL))


def test_uncentred_head_size_costs_no_digits():
    table = made_up(n=200, regions=3)
    size = 1.5e6 + 1e5 * np.random.default_rng(3).normal(size=200)
    people = pd.Series(size, index=[f"s{k:03d}" for k in range(200)])
    table["head"] = table["subject"].map(people).astype(float)
    table["centred"] = (table["head"] - 1.5e6) / 1e5
    raw = regress(table, "value ~ group * head + I(head**2)", terms=["group:head"])
    small = regress(table, "value ~ group * centred + I(centred**2)", terms=["group:centred"])
    assert np.allclose(raw["statistic"], small["statistic"], rtol=1e-6)


# --- what chance gives


def null(rng, *, n=90, regions=2000, spread=None):
    """Make up regions that are correlated and depend on age, but not on the group."""
    group = np.where(np.arange(n) < n // 4, "patient", "control")
    age = rng.normal(60, 10, n) + 4 * (group == "patient")
    common = rng.normal(size=(n, 1))
    noise = 0.6 * common * rng.random((1, regions)) + rng.normal(size=(n, regions))
    scale = np.ones(n) if spread is None else np.where(group == "patient", spread, 1.0)
    values = 100 + 0.05 * age[:, None] + noise * scale[:, None]
    return values, pd.DataFrame({"group": group, "age": age})


def rejected(p, level):
    return float(np.mean(p < level))


@pytest.mark.long
@pytest.mark.parametrize("std_errors", ["classical", "HC3"])
def test_p_values_are_uniform_where_nothing_is_there(std_errors):
    rng = np.random.default_rng(11)
    # regions are correlated within a data set, so many small data sets are drawn
    p = np.concatenate(
        [
            regress(
                long_of_matrix(*null(rng, regions=20)), "value ~ group + age", terms=["group"], std_errors=std_errors
            )["p_value"]
            for _ in range(60)
        ]
    )
    assert rejected(p, 0.05) == pytest.approx(0.05, abs=0.025)
    assert scipy_stats.kstest(p[::4], "uniform").pvalue > 1e-3


@pytest.mark.long
def test_hc3_holds_its_level_where_the_smaller_group_varies_more_and_the_classical_one_does_not():
    rng = np.random.default_rng(12)
    p = {"classical": [], "HC3": []}
    for _ in range(60):
        table = long_of_matrix(*null(rng, regions=20, spread=3.0))
        for kind, found in p.items():
            found.append(regress(table, "value ~ group + age", terms=["group"], std_errors=kind)["p_value"])
    assert rejected(np.concatenate(p["HC3"]), 0.05) == pytest.approx(0.05, abs=0.03)
    assert rejected(np.concatenate(p["classical"]), 0.05) > 0.12


def test_clusters_hold_their_level_where_rows_are_alike_and_the_classical_errors_do_not():
    rng = np.random.default_rng(13)
    n, families = 160, 80
    family = np.arange(n) // 2
    people = pd.DataFrame({"family": [f"f{k}" for k in family], "exposed": (family % 2).astype(float)})
    values = rng.normal(size=(families, 400))[family] + 0.5 * rng.normal(size=(n, 400))
    table = long_of_matrix(values, people)
    clustered = regress(table, "value ~ exposed", terms=["exposed"], cluster="family")["p_value"]
    assert rejected(clustered, 0.05) == pytest.approx(0.05, abs=0.03)
    assert rejected(regress(table, "value ~ exposed", terms=["exposed"])["p_value"], 0.05) > 0.1


def test_intervals_cover_what_is_true_as_often_as_they_say():
    rng = np.random.default_rng(14)
    values, people = null(rng, regions=1500)
    values = values - 0.6 * NUMBERS(people["group"])[:, None]
    noise = rng.normal(size=values.shape)  # independent regions, so that coverage can be counted
    table = long_of_matrix(
        100 - 0.6 * NUMBERS(people["group"])[:, None] + 0.05 * people["age"].to_numpy()[:, None] + noise, people
    )
    for level in (0.8, 0.95):
        found = regress(table, "value ~ group + age", terms=["group"], conf_level=level)
        covered = found["ci_low"].le(-0.6) & found["ci_high"].ge(-0.6)
        assert covered.mean() == pytest.approx(level, abs=0.03)


# --- tests of terms, means, slopes


def test_f_of_one_column_is_the_square_of_t():
    table = made_up(gaps=0.05)
    t = regress(table, MODEL, terms=["group"])
    for type_ in (1, 2, 3):
        f = anova(table, "value ~ age + sex + group", type=type_, terms=["group"])
        assert np.allclose(f["statistic"], t["statistic"] ** 2, rtol=1e-8)
        assert np.allclose(f["p_value"], t["p_value"], rtol=1e-8)


CODED = [
    "C(`my group`)",
    'C(`my group`, levels=["control", "patient"])',
    'C(`my group`, levels=["patient", "control"])',
]


@pytest.mark.parametrize("spelled", CODED)
def test_type_3_does_not_depend_on_how_a_variable_is_spelled(spelled):
    table = made_up().rename(columns={"group": "my group"})
    plain = anova(table, "value ~ `my group` * age", type=3)
    found = anova(table, f"value ~ {spelled} * age", type=3)
    assert np.allclose(found["statistic"], plain["statistic"], rtol=1e-8)


def test_type_3_refuses_treatment_coding_and_levels_within_functions():
    with pytest.raises(FormulaError, match=r"expected levels that add up to 0.*found contr.treatment"):
        anova(made_up(), "value ~ C(group, contr.treatment) * age", type=3)
    with pytest.raises(FormulaError, match=r"expected C\(...\) on its own"):
        anova(made_up(), "value ~ I(C(group)) * age", type=3)


@pytest.mark.parametrize("options", [{"std_errors": "HC3"}, {"cluster": "family"}])
def test_partial_eta_squared_is_by_the_classical_f(options):
    table = made_up(n=120)
    table["family"] = table["subject"].str[1:].astype(int) // 3
    robust, plain = (anova(table, "value ~ sex + age", **own) for own in (options, {}))
    assert np.allclose(robust[["effect_size", "effect_low"]], plain[["effect_size", "effect_low"]])
    assert not np.allclose(robust["statistic"], plain["statistic"])


def test_terms_may_be_named_in_any_order():
    table = made_up()
    one, two = (anova(table, "value ~ group * sex", terms=[name]) for name in ("group:sex", "sex:group"))
    assert same(one, two)


def test_a_slope_may_be_taken_at_the_end_of_a_spline():
    table = made_up()
    oldest = table["age"].max()
    found = slopes(table, "value ~ bs(age, df=4)", "age", at={"age": oldest})
    inside = slopes(table, "value ~ bs(age, df=4)", "age", at={"age": oldest - 0.05})
    assert np.allclose(found["estimate"], inside["estimate"], rtol=0.05, atol=0.05)
    for value in ("old", None, np.inf):
        with pytest.raises(FormulaError, match="at age: expected a"):
            marginal_means(table, MODEL, "group", at={"age": value})


def test_differences_of_marginal_means_are_the_models_terms():
    table = made_up(gaps=0.05)
    pairs = marginal_means(table, MODEL, "group", pairs="all")
    terms = regress(table, MODEL, terms=["group"])
    assert pairs["term"].eq("group[patient] - group[control]").all()
    assert np.allclose(pairs[["estimate", "std_error", "p_value"]], terms[["estimate", "std_error", "p_value"]])


def test_marginal_means_are_compared_with_each_other_or_with_the_first():
    table = made_up()
    means = marginal_means(table, MODEL + " + site", "site").set_index("term")["estimate"]
    for pairs, due in (("all", ("BA", "CA", "CB")), ("reference", ("BA", "CA"))):
        found = marginal_means(table, MODEL + " + site", "site", pairs=pairs)
        assert found["term"].unique().tolist() == [f"site[{one}] - site[{two}]" for one, two in due]
        for one, two in due:
            own = found.loc[found["term"] == f"site[{one}] - site[{two}]", "estimate"].to_numpy()
            assert np.allclose(own, means[f"site[{one}]"].to_numpy() - means[f"site[{two}]"].to_numpy())
    with pytest.raises(UnknownNameError, match="no choice of pairs is called True; there are: all, reference"):
        marginal_means(table, MODEL, "group", pairs=True)
    with pytest.raises(TableError, match="pairs='all': expected two means or slopes to compare, found one"):
        slopes(table, MODEL, "age", pairs="all")


def test_marginal_means_can_be_held_at_a_value():
    table = made_up()
    at = marginal_means(table, MODEL, "group", at={"age": 0, "sex": "F"})
    intercept = regress(table, MODEL, terms=["Intercept"])
    assert np.allclose(at.loc[at["term"] == "group[control]", "estimate"], intercept["estimate"])
    with pytest.raises(UnknownNameError, match="no level of sex is called 'X'"):
        marginal_means(table, MODEL, "group", at={"sex": "X"})
    with pytest.raises(UnknownNameError, match="no variable of the model is called 'site'"):
        marginal_means(table, MODEL, "site")
    with pytest.raises(FormulaError, match="age: expected a variable with levels"):
        marginal_means(table, MODEL, "age")


def test_slopes_of_a_parabola_are_those_of_its_tangent():
    table = made_up()
    formula = "value ~ age + I(age**2)"
    tangent = regress(table, formula, contrasts={"at 50": "age + 100 * I(age ** 2)"})
    found = slopes(table, formula, "age", at={"age": 50.0})
    assert np.allclose(found[["estimate", "p_value"]], tangent[["estimate", "p_value"]], rtol=1e-8)
    with pytest.raises(FormulaError, match="group: expected a number, found the levels control, patient"):
        slopes(table, MODEL, "group")


def test_differences_of_slopes_are_the_interaction():
    table = made_up(gaps=0.05)
    pairs = slopes(table, "value ~ group * age", "age", by="group", pairs="all")
    terms = regress(table, "value ~ group * age", terms=["group:age"])
    assert np.allclose(pairs[["estimate", "p_value"]], terms[["estimate", "p_value"]], rtol=1e-7)


def test_model_fit_has_a_row_a_region_and_says_what_is_odd():
    table = made_up(n=40)
    table.loc[table["region"] == "r1", "value"] = 1.0
    found = model_fit(table, MODEL).set_index("region")
    assert found.loc["r1", "note"] == "does not vary"
    assert found.drop("r1")[["r_squared", "aic", "shapiro_p", "breusch_pagan_p", "max_rstudent"]].notna().all(axis=None)
    assert found.loc["r1", ["sigma", "r_squared", "aic", "max_leverage"]].isna().all()
