"""What a model says of variables that look wrong: a level that hardly anybody has, codes for a missing value."""

import warnings

import numpy as np
import pandas as pd
import pytest

from fsstats import by_site, compare, harmonise, mixed, permute, regress
from fsstats.errors import FormulaError, FsstatsWarning

N = 24


def cohort(**columns):
    rng = np.random.default_rng(1)
    people = pd.DataFrame({"subject": [f"s{k:02}" for k in range(N)], "session": None, "stream": "cross"})
    people = people.assign(source="aseg", hemi=None, region="Brain-Stem", measure="volume", unit="mm^3")
    plain = {"group": ["control", "patient"] * (N // 2), "age": rng.integers(20, 80, N).astype(float)}
    return people.assign(**{"value": rng.normal(2e4, 1e3, N)} | plain | columns)


def said(table, fit):
    """Everything that a model warns of."""
    with warnings.catch_warnings(record=True, action="always") as heard:
        fit(table)
    return [str(one.message) for one in heard]


FITS = {
    "compared": lambda table: compare(table, "group"),
    "compared with covariates": lambda table: compare(table, "group", covariates=["age"]),
    "a model": lambda table: regress(table, "value ~ group + age"),
    "a mixed model": lambda table: mixed(
        pd.concat(
            [table.assign(session=one, value=table["value"] + rng) for one, rng in (("1", 0), ("2", np.arange(N)))]
        ),
        "value ~ group + age",
    ),
    "permutations": lambda table: permute(table, "value ~ group + age", term="group", n_permutations=20, seed=1),
}


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_a_reference_of_one_person_is_said(fit):
    found = said(cohort(group=["a slip", *["control", "patient"] * (N // 2 - 1), "patient"]), fit)
    few = [text for text in found if text.startswith("group: the reference, a slip, has only")]
    assert len(few) == 1
    assert "reference={'group': 'patient'}" in few[0]


LEVELS = {
    "one has a level of its own": (
        ["control", "patient"] * 11 + ["control", "slip"],
        None,
        "only 1 run has the level slip",
    ),
    "two have": (["control", "patient"] * 11 + ["slip", "slop"], None, "only 1 run each has the level slip, slop"),
    "two of the reference": (["a"] * 2 + ["b"] * 11 + ["c"] * 11, None, "the reference, a, has only 2 runs"),
    "three of the reference": (["a"] * 3 + ["b"] * 11 + ["c"] * 10, None, None),
    "two of a reference by name": (["a"] * 2 + ["b"] * 11 + ["c"] * 11, {"group": "a"}, None),
    "two of another level": (["a"] * 11 + ["b"] * 2 + ["c"] * 11, None, None),
    "two of every level": ([f"site {k // 2:02}" for k in range(N)], None, None),
}


@pytest.mark.parametrize(("groups", "reference", "message"), LEVELS.values(), ids=LEVELS)
def test_levels_that_hardly_anybody_has_are_said(groups, reference, message):
    found = said(cohort(group=groups), lambda table: regress(table, "value ~ group", reference=reference))
    assert [message in text for text in found] == [True] * (message is not None)


@pytest.mark.parametrize(
    "verb",
    [harmonise, lambda table: by_site(table, regress, "value ~ age")],
    ids=["ComBat", "each"],
)
def test_a_site_in_two_spellings_is_refused(verb):
    with pytest.raises(FormulaError, match="site: expected each level written in one way, found 'Oslo' and 'oslo '"):
        verb(cohort(site=["Oslo", "oslo "] * (N // 2)))


PLAIN = [float(age) for age in range(20, 20 + 2 * N, 2)]  # 20 to 66
CODES = {
    "999": ([*PLAIN[:-2], 999, 999], "^age is 999 in 2 runs, and 20 to 62 in the others"),
    "-99": ([*PLAIN[:-1], -99], "^age is -99 in 1 run, and 20 to 64 in the others"),
    "-9 where all others are 0 or more": ([*PLAIN[:-1], -9], "^age is -9 in 1 run,"),
    "two codes": ([*PLAIN[:-3], -99, 999, 999], "^age is -99 in 1 run, 999 in 2 runs,"),
    "99 among the young": ([10 + k % 5 for k in range(N - 1)] + [99], "^age is 99 in 1 run, and 10 to 14"),
    "most are codes": ([999.0] * 14 + PLAIN[:10], "^age is 999 in 14 runs, and 20 to 38"),
    "among truth values": ([0.0, 1.0] * 11 + [999, 1], "^age is 999 in 1 run, and 0 to 1"),
}


@pytest.mark.parametrize(("ages", "message"), CODES.values(), ids=CODES)
def test_codes_for_a_missing_value_are_said_and_stay(ages, message):
    with pytest.warns(FsstatsWarning, match=message):
        found = regress(cohort(age=ages), "value ~ age")
    assert found["n"].tolist() == [N, N]


TRUE = {
    "99 years": [*PLAIN[:-3], 85, 92, 99],
    "9 years": [float(k) for k in range(1, N + 1)],
    "-9 among others below 0": [float(k) for k in range(-12, N - 12)],
    "999 among thousands": [float(k) for k in range(990, 990 + N)],
    "far, and no code": [*PLAIN[:-1], 1000],
    "999 everywhere": [999.0] * N,
}


@pytest.mark.parametrize("ages", TRUE.values(), ids=TRUE)
def test_numbers_that_may_be_true_are_not_spoken_of(ages):
    table = cohort(age=ages, other=np.arange(N) % 7)
    formula = "value ~ age + other" if len(set(ages)) > 1 else "value ~ 0 + age"
    assert said(table, lambda table: regress(table, formula)) == []
