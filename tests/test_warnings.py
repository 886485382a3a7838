"""A warning is about a line of the program that calls fsstats, however deep inside it arises."""

import warnings

import numpy as np
import pandas as pd
import pytest

import fsstats as fs
from fsstats.errors import warn
from stats_support import made_up


@pytest.fixture(scope="module")
def table():
    """Three subjects are at site C, and one was processed by another version."""
    made = made_up(n=24, regions=3)
    made["site"] = np.where(made["subject"] < "s003", "C", "A")
    made["one"] = "all"
    made["version"] = np.where(made["subject"] == "s000", "6.0", "7.4")
    return made


BY_CLUSTER = {"cluster": "site", "allow": "versions"}
MODEL = "value ~ group + age"
CASES = {
    "to_wide": lambda table: fs.to_wide(
        pd.concat([table, table.assign(source="aparc", hemi="lh", version="8.0")], ignore_index=True)
    ),
    "join": lambda table: fs.join(
        table[["subject", "session", "stream", "source", "hemi", "region", "measure", "value", "unit"]],
        pd.DataFrame({"subject": ["s001"], "score": [1]}),
        unmatched="keep",
    ),
    "regress": lambda table: fs.regress(table, MODEL, **BY_CLUSTER),
    "anova": lambda table: fs.anova(table, MODEL, **BY_CLUSTER),
    "marginal_means": lambda table: fs.marginal_means(table, MODEL, "group", **BY_CLUSTER),
    "slopes": lambda table: fs.slopes(table, MODEL, "age", **BY_CLUSTER),
    "a level of regress": lambda table: fs.regress(table, "value ~ age + one", allow="versions"),
    "a level of compare": lambda table: fs.compare(table, "group", covariates="one", allow="versions"),
    "a level of harmonise": lambda table: fs.harmonise(table, keep="one", mean_only=True, allow="versions"),
    "permute": lambda table: fs.permute(table, MODEL, term="group", seed=1, n_permutations=9, allow="versions"),
    "mixed": lambda table: fs.mixed(table, MODEL, groups="site", allow="versions"),
    "compare_mixed": lambda table: fs.compare_mixed(table, MODEL, "value ~ age", groups="site", allow="versions"),
    "harmonise": lambda table: fs.harmonise(table, allow="versions"),
    "fit_harmonisation": lambda table: fs.fit_harmonisation(table, allow="versions"),
    "a pipe": lambda table: table.pipe(fs.harmonise, allow="versions"),
    "by_site": lambda table: fs.by_site(table, fs.regress, MODEL, allow="versions"),
    "fit_head_size": lambda table: fs.fit_head_size(
        table.assign(eTIV=1.2e6 + 1e4 * table["age"]), minimum=100, allow="versions"
    ),
    "change": lambda table: fs.change(
        pd.concat([table.assign(session=one, time=float(one), visit=one) for one in "12"], ignore_index=True),
        time="time",
    ),
}


@pytest.mark.parametrize("call", CASES.values(), ids=CASES)
def test_a_warning_names_the_line_of_the_caller(call, table):
    with pytest.warns(fs.FsstatsWarning) as said:
        call(table)
    assert {one.filename for one in said if one.category is fs.FsstatsWarning} == {__file__}


def test_several_texts_are_one_warning_and_none_is_none():
    with pytest.warns(fs.FsstatsWarning, match="^one; another$") as said:
        warn("one", "another")
    assert len(said) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn()


def test_a_warning_without_a_caller_is_still_given(monkeypatch):
    monkeypatch.setitem(globals(), "__name__", "fsstats.made_up")
    with pytest.warns(fs.FsstatsWarning, match="odd"):
        warn("odd")
