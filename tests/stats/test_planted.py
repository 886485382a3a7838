"""What was planted into a made-up study is found again, from files to intervals."""

import numpy as np
import pandas as pd
import pytest

from fsstats.datasets import make_cohort
from fsstats.stats.compare import compare
from fsstats.stats.regress import regress
from fsstats.tables.join import join

REGIONS = {
    "Left-Hippocampus": -0.15,
    "Right-Hippocampus": -0.15,
    "Left-Amygdala": 0.1,
    "Right-Amygdala": 0.1,
    "Left-Putamen": -0.05,
    "Right-Putamen": -0.05,
    "Brain-Stem": 0.0,
    "Left-Thalamus": 0.0,
    "Right-Thalamus": 0.0,
    "Left-Caudate": 0.2,
}
PARTS = 8


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """400 subjects, some of whose structures differ between the groups."""
    folder = tmp_path_factory.mktemp("planted") / "subjects"
    effects = {region: effect for region, effect in REGIONS.items() if effect}
    made = make_cohort(folder, n_subjects=400, effects=effects, head_size_exponent=0.8, seed=20)
    table = made.table[made.table["source"] == "aseg"]
    wanted = table["region"].isin(REGIONS) & (table["measure"] == "volume") | (table["measure"] == "eTIV")
    return join(table[wanted].reset_index(drop=True), made.participants)


def parts(table):
    """Split a study into small ones of different subjects."""
    order = pd.factorize(table["subject"])[0]
    return [table[order % PARTS == k] for k in range(PARTS)]


def test_intervals_hold_the_planted_differences_as_often_as_they_say(study):
    formula = "log(value) ~ group + age + sex + log(eTIV)"
    found = pd.concat([regress(part, formula, terms=["group"]) for part in parts(study)])
    found = found[found["region"].isin(REGIONS)]
    truth = np.log1p(found["region"].astype("object").map(REGIONS).astype(float))
    covered = found["ci_low"].le(truth) & found["ci_high"].ge(truth)
    assert len(covered) == PARTS * len(REGIONS)
    assert covered.mean() == pytest.approx(0.95, abs=0.06)  # 80 intervals, alike within a part
    whole = regress(study, formula, terms=["group"]).set_index("region").loc[list(REGIONS)]
    errors = (whole["estimate"] - np.log1p(list(REGIONS.values()))) / whole["std_error"]
    assert errors.abs().max() < 4


def test_the_planted_power_of_head_size_is_found(study):
    found = regress(study, "log(value) ~ group + age + sex + log(eTIV)", terms=["log(eTIV)"])
    found = found[found["region"].isin(REGIONS)]
    assert found["ci_low"].le(0.8).mean() >= 0.8
    assert found["ci_high"].ge(0.8).mean() >= 0.8
    assert found["estimate"].mean() == pytest.approx(0.8, abs=0.1)


@pytest.mark.long
def test_regions_without_a_difference_are_not_found(study):
    found = compare(study, "group", covariates=["age", "sex", "eTIV"]).set_index("region")
    assert (found.loc[["Brain-Stem", "Left-Thalamus", "Right-Thalamus"], "p_value"] > 0.001).all()
    assert (found.loc[["Left-Hippocampus", "Right-Hippocampus", "Left-Caudate"], "p_value"] < 1e-6).all()
