"""The whole report: counts that add up, numbers that are those of the statistics, and nothing left out in silence."""

import base64
import html as markup
import io
import itertools
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import fsstats as fs
from fsstats.errors import warn
from fsstats.plots._names import MINUS
from fsstats.reporting.choices import Choices, chosen_cells
from fsstats.reporting.cohort import of_head_size
from fsstats.reporting.demographics import smd_of_levels, smd_of_numbers
from fsstats.reporting.figures import regions_of
from fsstats.reporting.flow import flow_counts
from fsstats.reporting.formulas import with_term, without_term
from fsstats.reporting.study import study_of
from fsstats.reporting.visits import time_of
from fsstats.reporting.warned import heard, plain_words, within

HOSTILE = "<script>alert(1)</script>"
ASKED = {"participants": None, "files": None, "sources": None, "measures": None, "main": None}


def study(cohort, formula="value ~ group + age + sex", **options):
    chosen = {name: options.pop(name) for name in list(options) if name not in ASKED}
    asked = ASKED | {"participants": cohort.people, "files": cohort.files} | options
    return study_of(cohort.table, formula, choices=Choices(**chosen), **asked)


def downloads(text):
    found = re.findall(r'download="([^"]+)" href="data:text/csv;charset=utf-8;base64,([^"]+)"', text)
    return {name: pd.read_csv(io.BytesIO(base64.b64decode(code))) for name, code in found}


def words(text):
    """Give what a reader sees, without markup."""
    plain = re.sub(r"<(style|script|svg)\b.*?</\1>", " ", text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", markup.unescape(re.sub(r"<[^>]+>", " ", plain))).replace("\N{NO-BREAK SPACE}", " ")


def test_the_counts_of_the_flow_add_up(cohort):
    made = study(cohort)
    counts = flow_counts(made)
    assert (counts.iloc[0] - counts.iloc[1:-1].sum()).tolist() == counts.iloc[-1].tolist()
    assert counts.loc["Runs in the table"].tolist() == [40, 40]
    assert counts.loc["not among the participants"].tolist() == [2, 2]
    assert counts.loc["age is missing"].tolist() == [1, 1]
    assert counts.loc["eTIV is missing"].fillna(-1).tolist() == [1, -1]  # thickness has no eTIV in its model
    assert counts.loc["Runs in the model"].tolist() == [36, 37]


def test_the_last_count_is_the_n_of_the_results(cohort):
    made = study(cohort)
    counts = flow_counts(made).loc["Runs in the model"]
    for part in made.parts:
        rows = made.results[(made.results["source"] == part.source) & made.results["estimate"].notna()]
        assert rows["n"].max() == counts[part.name] == made.n(part)
    insula = made.results[(made.results["region"] == "insula")]
    assert insula["n"].unique().tolist() == [36]
    assert (insula["n"] + insula["n_missing"]).unique().tolist() == [38]


def test_who_was_left_out_is_named(html):
    text = words(html)
    assert "not among the participants (2): sub-001, sub-002" in text
    assert "age is missing (1): sub-009" in text
    assert "eTIV is missing (1): sub-007" in text


def test_a_variable_that_a_model_does_not_have_is_no_step_of_its_flow(html):
    row = re.search(r"<th scope=\"row\">. eTIV is missing.*?</tr>", html)[0]
    assert words(row).strip() == f"{MINUS} eTIV is missing 1 — not in this model"
    assert "—: not in this model." in words(html)
    counts = downloads(html)["flow.csv"].set_index("step").loc["eTIV is missing"]
    assert counts.tolist() == pytest.approx([1, np.nan], nan_ok=True)


def test_the_numbers_are_those_of_the_statistics(cohort, html):
    joined = fs.with_versions(cohort.table, cohort.files)
    joined = joined[joined["subject"].isin(cohort.people["participant_id"])].pipe(fs.join, cohort.people)
    volumes = joined[(joined["source"] == "aseg")].pipe(fs.regress, "value ~ group + age + sex + eTIV")
    thick = joined[joined["measure"] == "thickness"].pipe(fs.regress, "value ~ group + age + sex")
    both = pd.concat([volumes, thick])
    both = both[(both["region"] != "global") & (both["term"] == "group[T.patient]")].pipe(fs.correct, "fdr_bh")
    files = downloads(html)
    ours = pd.concat([files["volume-aseg-group-patient.csv"], files["thickness-aparc-group-patient.csv"]])
    names = ["estimate", "ci_low", "effect_size", "p_value", "p_adjusted", "n"]
    assert np.allclose(ours[names], both[names], rtol=1e-12, equal_nan=True)
    left = both[both["region"] == "Left-Hippocampus"].iloc[0]
    row = re.search(r"<th scope=\"row\">left hippocampus.*?</tr>", html)[0]
    assert f"{left['estimate']:,.0f}".replace("-", MINUS) in words(row)
    assert f"{left['effect_size']:.2f}".replace("-", MINUS) in words(row)


def test_the_page_says_what_was_chosen_and_found(html):
    text = words(html)
    assert "Volume (aseg) and thickness (aparc) by group" in text
    assert "in June" in text
    assert "value ~ group + age + sex + eTIV" in text
    assert "default: volumes of aseg, thickness of aparc" in text
    assert re.search(r"Volume \(aseg\), group: patient: 1 of \d+ regions significant", text)
    assert "eTIV (Buckner et al. 2004) is a variable of the model of volume (aseg)." in text
    assert "Values were harmonised by ComBat over site (Johnson et al. 2007; Fortin et al. 2018)" in text
    for name in ("without eTIV", "eTIV by residuals", "HC3", "outliers out", "site in the model", "harmonised"):
        assert name in text


def test_demographics_are_counted_by_group(cohort, html):
    table = downloads(html)["demographics.csv"]
    people = cohort.people.set_index("participant_id")
    age = table[table["variable"] == "age"].iloc[0]
    own = people.loc[people["group"] == "patient", "age"]
    assert age["patient"] == f"{own.mean():.1f} ({own.std():.1f})"
    assert age["Missing"] == 1
    assert table.iloc[0][["All", "control", "patient"]].astype(int).tolist() == [
        38,
        *people["group"].value_counts()[["control", "patient"]],
    ]
    sex = table[table["level"] == "F"].iloc[0]
    assert sex["All"].startswith(f"{(people['sex'] == 'F').sum()} (")
    control = people.loc[people["group"] == "control", "age"]
    expected = (own.mean() - control.mean()) / np.sqrt((own.var() + control.var()) / 2)
    assert float(str(age["SMD"]).replace(MINUS, "-")) == pytest.approx(expected, abs=0.006)


SHARES = {
    "two levels": ([5, 5], [8, 2], -0.3 / np.sqrt((0.25 + 0.16) / 2)),
    "the same": ([5, 5, 10], [1, 1, 2], 0.0),
    "one level": ([5], [5], np.nan),
    "nobody": ([0, 0], [1, 2], np.nan),
}


@pytest.mark.parametrize(("first", "second", "expected"), SHARES.values(), ids=SHARES)
def test_standardised_differences_of_levels(first, second, expected):
    assert smd_of_levels(np.array(first, float), np.array(second, float)) == pytest.approx(expected, nan_ok=True)


def test_three_levels_by_hand():
    # Shares (.5, .3, .2) and (.2, .3, .5): of the last two levels d = (0, .3); S = mean of both covariances.
    s = np.array([[0.21, -0.105], [-0.105, 0.205]])
    expected = np.sqrt(np.array([0, 0.3]) @ np.linalg.inv(s) @ np.array([0, 0.3]))
    assert smd_of_levels(np.array([5.0, 3, 2]), np.array([2.0, 3, 5])) == pytest.approx(expected)


def test_a_group_of_one_has_no_difference():
    assert np.isnan(smd_of_numbers(pd.Series([1.0]), pd.Series([2.0])))


def test_quality_control_finds_what_was_planted(html):
    judged = downloads(html)["judgements.csv"]
    planted = judged[judged["region"].eq("Left-Amygdala") & judged["value"].eq(9000.0)]
    assert set(planted["subject"]) == {HOSTILE}
    assert "alert(1)" in words(html)


def test_judgements_are_in_the_words_of_the_page_and_their_file_in_those_of_the_table(html):
    shown = words(re.search(r'<table id="table-all-judgements".*?</table>', html, re.DOTALL)[0])
    assert "left amygdala volume 9,000 mm³ outlier warning left amygdala volume (aseg) is 9000" in shown
    assert not re.search(r"mm\^3|Left-Amygdala", shown)
    worklist = words(re.search(r'<table id="table-runs-to-look.*?</table>', html, re.DOTALL)[0])
    assert not re.search(r"mm\^3|Left-", worklist)
    assert "mm^3" in downloads(html)["judgements.csv"]["unit"].tolist()


def test_it_is_said_what_was_judged_and_what_was_found(cohort, html):
    judged = downloads(html)["judgements.csv"]
    own = cohort.table[cohort.table["subject"].isin(cohort.people["participant_id"])]
    own = own[(own["measure"] != "volume") | (own["source"] == "aseg")]
    runs = own.groupby("subject", observed=True).size()
    said = f"{len(own)} values of 38 runs, {runs.min()} to {runs.max()} a run."
    assert f"Judged were the values of volume (aseg), thickness (aparc), header Measures (eTIV): {said}" in words(html)
    assert f"{len(judged)} judgements of {judged['subject'].nunique()} runs: " in words(html)


def test_every_warning_says_what_it_is_about_in_plain_words(html):
    said = words(html[html.index("warnings while it was made") :])
    assert "Sensitivity of volume (aseg), eTIV by residuals: 1 run has no eTIV, so their adjusted values are" in said
    assert "left lateral ventricle volume (aseg), right lateral ventricle" in said
    assert not re.search(r"\(s\)|\w_\w|=|\bNaN\b", said)


PLAIN = {
    "3 clusters of site are few (below 10): p-values are too small; mixed is safer": (
        "there are only 3 clusters of site: with so few, p-values come out too small"
    ),
    "2 groups of site are few (below 5) to tell a variance; consider site as a term": (
        "there are only 2 groups of site: too few to tell how much they differ; site could be a variable of the model"
    ),
    "9 subject(s) have several runs. Use method='longcombat'; or allow it: allow=['repeated']": (
        "9 subjects have several runs"
    ),
    "dx: the numbers 0 and 1 are taken for groups; to say so: reference='0'": (
        "dx: the numbers 0 and 1 are taken for groups"
    ),
    "left as they are: without any variation: aseg_Brain-Stem_volume": (
        "not harmonised: without any variation: brain stem volume (aseg)"
    ),
    "none of aseg_Brain-Stem_volume": "none of brain stem volume (aseg)",
    "brain_map has outlines of aparc, first, none for source 'fast': outlines='aparc' or another. Or choose": (
        "there are outlines of aparc, first, and none of fast"
    ),
    "108 tests of thickness and age are one family, of 2 sources: aparc, mine. Choose one before the models (s=1)": (
        "108 tests were corrected together, of 2 sources: aparc, mine"
    ),
    "sex has only one level, F, and is left out of the model": (
        "sex has only one level, F, and is left out of the model"
    ),
}


@pytest.mark.parametrize(("text", "expected"), PLAIN.items())
def test_warnings_are_said_for_a_reader_of_the_page(text, expected):
    table = pd.DataFrame({"source": ["aseg"], "hemi": [None], "region": ["Brain-Stem"], "measure": ["volume"]})
    table = pd.concat([table, table.assign(measure="intensity_mean")])
    assert plain_words(text, table) == expected


def test_warnings_are_taken_down_once_with_all_that_they_are_about():
    said = {}
    with heard(said):
        for part in ("one", "other", "one"):
            with within(part):
                warn("odd")
        warn("unmarked")
    assert said == {"odd": ["one", "other"], "unmarked": []}


def test_sensitivity_is_what_the_statistics_give(cohort, html):
    table = downloads(html)["sensitivity-thickness-aparc.csv"]
    assert table["way"].unique().tolist() == ["as reported", "HC3", "outliers out", "site in the model", "harmonised"]
    joined = fs.with_versions(cohort.table, cohort.files)
    joined = joined[joined["subject"].isin(cohort.people["participant_id"])].pipe(fs.join, cohort.people)
    thick = joined[joined["measure"] == "thickness"]
    robust = fs.regress(thick, "value ~ group + age + sex", terms=["group"], std_errors="HC3")
    own = table[table["way"] == "HC3"]
    assert np.allclose(own["p_value"], robust["p_value"], rtol=1e-12)
    with_site = fs.regress(thick, "value ~ group + age + sex + site", terms=["group"])
    assert np.allclose(table.loc[table["way"] == "site in the model", "estimate"], with_site["estimate"], rtol=1e-12)


def test_nothing_is_loaded_from_anywhere(html):
    loads = re.findall(r'(?:src|href|srcset|action)="([^"]*)"', html)
    assert {one.partition(":")[0] for one in loads if not one.startswith("#")} <= {"data", "https"}
    assert all(one.startswith("https://doi.org/10.") for one in loads if one.startswith("https"))
    assert not re.search(r"url\((?!#)|@import|<link|<iframe|<object|<base", html)


def test_no_value_is_markup(html):
    assert html.count("<script>") == 1
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_the_page_is_small(html):
    assert len(html.encode()) < 3_000_000


def test_headings_are_in_order_and_ids_are_unique(html):
    levels = [int(level) for level in re.findall(r"<h([1-6])", html)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


HEAD_SIZES = {
    "covariate": ("eTIV (Buckner et al. 2004) is a variable of the model of volume (aseg).", "value ~ age + eTIV", 1.0),
    "none": ("Volume (aseg) is not adjusted for the size of the head.", "value ~ age", 1.0),
    "residual": (
        "Volume (aseg) was adjusted for eTIV (Buckner et al. 2004) first (method residual).",
        "value ~ age",
        1.0,
    ),
    "proportion": (
        "Volume fraction (aseg) was adjusted for eTIV (Buckner et al. 2004) first (method proportion).",
        "value ~ age",
        1e-6,
    ),
}


@pytest.mark.filterwarnings("ignore::fsstats.FsstatsWarning")
@pytest.mark.parametrize(("way", "expected"), HEAD_SIZES.items(), ids=HEAD_SIZES)
def test_ways_to_account_for_head_size(cohort, way, expected):
    made = study(cohort, "value ~ age", sources="aseg", head_size=way)
    said, formula, scale = expected
    n = 37 if way == "none" else 36  # one has no eTIV
    assert of_head_size(made) == (said,)
    assert made.parts[0].formula == formula
    hippocampus = made.results[made.results["region"] == "Left-Hippocampus"].iloc[0]
    assert 1 < abs(hippocampus["estimate"]) / scale < 100
    assert hippocampus["n"] == n


def test_without_a_head_size_nothing_is_adjusted_and_it_is_said(cohort):
    headless = cohort.table[cohort.table["measure"] != "eTIV"]
    made = study_of(headless, "value ~ age", choices=Choices(), **ASKED | {"participants": cohort.people})
    assert made.parts[0].formula == "value ~ age"
    assert of_head_size(made) == ("The table has no size of the head, so volume (aseg) is not adjusted for it.",)


@pytest.mark.filterwarnings("ignore::fsstats.FsstatsWarning")
def test_values_that_come_adjusted_are_said_to_be(cohort):
    adjusted = fs.adjust_head_size(cohort.table[cohort.table["source"] == "aseg"])
    headless = adjusted[adjusted["measure"] != "eTIV"]
    asked = ASKED | {"participants": cohort.people}
    made = study_of(headless, "value ~ age", choices=Choices(), **asked)
    assert of_head_size(made) == ("Volume (aseg) came adjusted for eTIV (residual).",)
    beside = study_of(adjusted, "value ~ age", choices=Choices(head_size="none"), **asked)
    assert of_head_size(beside) == of_head_size(made)
    twice = study_of(adjusted, "value ~ age", choices=Choices(), **asked)
    assert of_head_size(twice) == of_head_size(made)
    assert twice.parts[0].formula == "value ~ age"
    text = words(fs.report(adjusted, "value ~ age", participants=cohort.people).to_html())
    assert "head size adjusted for before" in text
    assert "eTIV by residuals" not in text


def test_progress_goes_from_the_first_step_to_the_last(page_and_steps):
    steps = page_and_steps[1]
    assert steps == [(k, 9) for k in range(1, 10)]


def test_a_number_can_be_what_it_is_about(cohort):
    few = cohort.table[cohort.table["region"].isin(["insula", "cuneus"])]
    page = fs.report(few, "value ~ age + sex", participants=cohort.people, measures="thickness", term="age")
    text = words(page.to_html())
    assert "Thickness (aparc) by age" in text
    assert "Values of thickness (aparc) by age" in page.to_html()


@pytest.fixture(scope="module")
def three(cohort):
    """The same cohort, thickness only, with three groups and two sessions of every subject."""
    table = cohort.table[cohort.table["region"].isin(["insula", "cuneus"]) & (cohort.table["measure"] == "thickness")]
    noise = np.random.default_rng(1).normal(0, 0.02, len(table))
    again = table.assign(session="b", value=table["value"] + noise)
    table = pd.concat([table.assign(session="a"), again], ignore_index=True)
    names = cohort.people["participant_id"]
    people = cohort.people.assign(group=[("a", "b", "c")[k % 3] for k in range(len(names))])
    return SimpleNamespace(table=table, people=people, files=None)


@pytest.mark.filterwarnings("ignore::fsstats.FsstatsWarning")
def test_three_groups_are_tested_as_a_whole_first(three):
    once = three.table[three.table["session"] == "a"]
    page = fs.report(once, "value ~ group + age", participants=three.people)
    text, files = page.to_html(), downloads(page.to_html())
    expected = fs.join(once, three.people, unmatched="drop").pipe(fs.anova, "value ~ group + age", terms="group")
    expected = expected.pipe(fs.correct, "fdr_bh")
    ours = files["thickness-aparc-group-overall.csv"]
    for name in ("statistic", "effect_size", "p_value", "p_adjusted"):
        assert np.allclose(ours[name], expected[name], rtol=1e-12)
    headings = re.findall(r"<h3[^>]*>(.*?)</h3>", text)
    assert headings == ["Group, overall", "Group: b", "Group: c", "Age"]
    best = expected.loc[expected["p_value"].idxmin()]
    row = words(re.search(r'<table id="table-thickness-aparc-group-overall".*?</table>', text, re.DOTALL)[0])
    assert f"{best['statistic']:.2f} (2, {best['df']:.0f}) {best['effect_size']:.2f}" in row
    assert "F tests with type II sums of squares" in words(text)
    assert re.search(r"Thickness \(aparc\), group, overall: \d of 4 regions", words(text))


SOURCES = ("aparc", "aparc.DKTatlas")


@pytest.mark.filterwarnings("ignore::fsstats.FsstatsWarning")
def test_two_atlases_share_a_family_in_every_way_of_asking(cohort, undrawn):
    thick = cohort.table[(cohort.table["measure"] == "thickness") & (cohort.table["region"] != "bankssts")]
    noise = np.random.default_rng(2).normal(0, 0.1, len(thick))
    other = thick.assign(source="aparc.DKTatlas", value=thick["value"] + noise)
    both = pd.concat([thick, other], ignore_index=True)
    page = fs.report(both, "value ~ group + age", participants=cohort.people, measures="thickness", sources=[*SOURCES])
    files = downloads(page.to_html())
    ways = pd.concat([files[f"sensitivity-thickness-{name}.csv"] for name in ("aparc", "aparc-dktatlas")])
    assert ways["source"].unique().tolist() == [*SOURCES]
    assert ways["n_tests"].unique().tolist() == [2 * 2 * 5]
    joined = fs.join(both, cohort.people, unmatched="drop")
    robust = fs.regress(joined, "value ~ group + age", terms=["group"], std_errors="HC3").pipe(fs.correct, "fdr_bh")
    ours = ways[ways["way"] == "HC3"]
    assert sorted(ours["p_adjusted"]) == pytest.approx(sorted(robust["p_adjusted"]), rel=1e-12)


@pytest.mark.filterwarnings("ignore::fsstats.FsstatsWarning")
def test_a_curve_is_told_as_a_whole(three, undrawn):
    once = three.table[three.table["session"] == "a"]
    text = words(fs.report(once, "value ~ poly(age, 2)", participants=three.people).to_html())
    short = text.partition("Cohort From")[0]
    assert "poly(age, 2), overall" in short
    assert "poly(age, 2)[" not in short


def test_choices_are_told_as_they_were(three, undrawn):
    once = three.table[three.table["session"] == "a"]
    text = words(fs.report(once, "value ~ age", participants=three.people).to_html())
    assert "head size not needed" in text
    mine = once.assign(source="mine")
    text = words(fs.report(mine, "value ~ age", participants=three.people).to_html())
    assert "default: volume and thickness of every source" in text


def test_works_and_columns_that_nothing_rests_on_are_left_out(three, undrawn):
    page = fs.report(three.table, "value ~ age", participants=three.people, random="subject")
    text = words(page.to_html())
    assert "Austin" not in text
    assert "SMD" not in text
    assert "Median size" not in text


def test_runs_are_not_counted_as_subjects(three, undrawn):
    people = three.people.assign(site=three.people["site"].mask(three.people.index < 2))
    page = fs.report(three.table, "value ~ group + age", participants=people, random=["subject", "site"])
    text = words(page.to_html())
    assert "38 subjects (76 runs) with what is known of them (people: 13 a, 13 b, 12 c; runs: 26 a, 26 b, 24 c)" in text
    assert "70 runs of 35 people have all variables" in text
    assert "Groups are compared with a (group)." in text


@pytest.mark.parametrize(
    ("formula", "said"),
    {
        "value ~ group * age + sex": "differ with age: what it says of group by itself is the effect where age is 0.",
        "value ~ group * sex + age": "is the effect where sex is F.",
        "value ~ group * center(age)": "is the effect where center(age) is 0.",
        "value ~ group + age": "",
    }.items(),
)
def test_an_effect_that_differs_with_another_variable_is_not_told_as_one_number(formula, said, three, undrawn):
    once = three.table[three.table["session"] == "a"]
    people = three.people.assign(group=three.people["group"].replace("c", "b"))
    page = fs.report(once, formula, participants=people)
    text = words(page.to_html())
    assert ("of group by itself" in text) == bool(said)
    assert said in text
    assert ("Thickness (aparc), group: b \N{MULTIPLICATION SIGN}" in text.partition("Cohort From")[0]) == bool(said)


def test_two_columns_of_one_variable_only_are_no_whole(cohort):
    assert len(study(cohort).overall) == 0


def test_several_runs_of_a_subject_are_refused_and_the_way_out_is_named(three):
    with pytest.raises(fs.TableError, match="several runs") as refused:
        study(three, "value ~ group + age")
    assert "random='subject'" in "".join(refused.value.__notes__)


@pytest.mark.filterwarnings("ignore::fsstats.FsstatsWarning")
def test_a_random_intercept_makes_mixed_models(three):
    page = fs.report(three.table, "value ~ group + age", participants=three.people, random="subject")
    text, files = words(page.to_html()), downloads(page.to_html())
    joined = fs.join(three.table, three.people, unmatched="drop")
    expected = fs.mixed(joined, "value ~ group + age", terms="group")
    ours = pd.concat([files[f"thickness-aparc-group-{name}.csv"] for name in "bc"])
    assert sorted(ours["p_value"]) == pytest.approx(sorted(expected["p_value"]), rel=1e-12)
    whole = fs.compare_mixed(joined, "value ~ group + age", "value ~ age")
    assert np.allclose(files["thickness-aparc-group-overall.csv"]["statistic"], whole["statistic"], rtol=1e-12)
    assert "Model: value ~ group + age, with a random intercept of subject." in text
    assert files["sensitivity-thickness-aparc.csv"]["way"].unique().tolist() == ["as reported", "outliers out"]
    assert "MacKinnon" not in text


@pytest.mark.filterwarnings("ignore::fsstats.FsstatsWarning")
@pytest.mark.parametrize(
    ("formula", "main", "time", "said"),
    [
        ("value ~ time * group", "group", "time", "; 38 people; n = 76."),
        (
            "value ~ age + group + sex + time",
            "group",
            "time",
            "left out, for want of a value or a variable; means adjusted for age, sex.",
        ),
        ("value ~ time", "time", "time", "; 38 people; n = 76."),
        ("value ~ group + age", "group", None, ": no number of the model changes from visit to visit."),
    ],
)
def test_single_regions_of_a_mixed_model_are_drawn_over_time(three, formula, main, time, said):
    visits = three.table.assign(time=(three.table["session"] == "b").astype("float"))
    made = study(
        SimpleNamespace(table=visits, people=three.people, files=None), formula, random=("subject",), main=main
    )
    part = made.parts[0]
    assert time_of(made, part) == time
    blocks = [*regions_of(made, part, made.rows(part, made.main_terms))]
    found = blocks[0].caption if time else blocks[0].paragraphs[0]
    assert " ".join(found.split()).endswith(said)


REFUSED = {
    "random beside clusters": ({"random": "subject", "cluster": "site"}, fs.TableError, "neither cluster nor"),
    "no such variable": ({"formula": "value ~ dx"}, fs.UnknownNameError, "no variable is called 'dx'"),
    "not in the model": ({"term": "site"}, fs.UnknownNameError, "no variable of the model is called 'site'"),
    "no such source": ({"sources": "wmparc"}, fs.UnknownNameError, "no source is called 'wmparc'"),
    "no such measure": ({"measures": "thicknes"}, fs.UnknownNameError, "did you mean thickness"),
    "not together": ({"sources": "aseg", "measures": "thickness"}, fs.TableError, "belong together"),
    "no such way": ({"head_size": "ratio"}, fs.UnknownNameError, "way to account for head size"),
    "no variable at all": ({"formula": "value ~ 1"}, fs.TableError, "a model with a variable"),
    "no such site": ({"site": "scanner"}, fs.UnknownNameError, "no column of people (site) is called 'scanner'"),
    "no such correction": ({"correct": "fdr"}, fs.UnknownNameError, "fdr_bh"),
}


@pytest.mark.parametrize(("options", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_reported_is_said(options, error, message, cohort):
    given = {"formula": "value ~ group + age"} | options
    formula = given.pop("formula")
    with pytest.raises(error, match=re.escape(message)):
        fs.report(cohort.table, formula, participants=cohort.people, files=cohort.files, **given)


CELLS = {
    "the usual": ((None, None), [("aseg", "volume"), ("aparc", "thickness")]),
    "one source": (("aparc", None), [("aparc", "thickness"), ("aparc", "volume")]),
    "one measure": ((None, "area"), [("aparc", "area")]),
    "a source of another atlas": (("aparc.a2009s", None), [("aparc.a2009s", "thickness")]),
    "several": ((["aseg", "aparc"], ["volume"]), [("aseg", "volume"), ("aparc", "volume")]),
}
THERE = [
    ("aseg", "volume"),
    ("aparc", "thickness"),
    ("aparc", "volume"),
    ("aparc", "area"),
    ("aparc.a2009s", "thickness"),
]


@pytest.mark.parametrize(("asked", "expected"), CELLS.values(), ids=CELLS)
def test_what_is_reported(asked, expected):
    table = pd.DataFrame(THERE, columns=["source", "measure"]).assign(region="x")
    assert chosen_cells(table, *asked) == expected


def test_without_the_usual_sources_every_one_is_reported():
    table = pd.DataFrame({"source": ["aseg+DKT", "mine"], "measure": ["volume", "thickness"], "region": "x"})
    assert chosen_cells(table, None, None) == [("aseg+DKT", "volume"), ("mine", "thickness")]


TERMS = {
    "value ~ group + eTIV": "value ~ group",
    "value ~ group * eTIV": None,
    "value ~ eTIV": None,
    "value ~ group + eTIV + group:eTIV": None,
    "log(value) ~ age + `eTIV`": "log(value) ~ age",
    "value ~ group": None,
}


@pytest.mark.parametrize(("formula", "less"), TERMS.items())
def test_a_term_is_taken_out_only_where_it_stands_alone(formula, less):
    assert without_term(formula, "eTIV") == less
    if less is not None:
        assert with_term(less, "eTIV").replace("`", "") == formula.replace("`", "")
