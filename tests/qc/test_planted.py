"""Damage of many kinds, planted into made-up cohorts, is found; what is whole is hardly ever blamed."""

import numpy as np
import pytest

from fsstats.datasets import make_cohort
from fsstats.qc import judge, worklist
from qc_support import CROSS, LONGITUDINAL, SOURCES, copied_file, copied_subject, swapped_sessions

SEEDS = (1, 2, 3)
_BOTH_TO_BLAME = (copied_subject, copied_file, swapped_sessions)


def planted(table, people, kinds, seed):
    """Damage one run by each kind; say who was damaged by what."""
    rng = np.random.default_rng(seed)
    victims = [people[k] for k in rng.permutation(len(people))]
    done = []
    for kind in kinds:
        who, other = victims.pop(), victims.pop()
        table = kind(table, who, rng, other)
        done += [(kind, who)] + ([(kind, other)] if kind in _BOTH_TO_BLAME else [])
    return table, done


def outcome(table, done, rules, judgements):
    """Give whether each damage was found, and the share of whole runs' values that are blamed."""
    blamed = judgements[judgements["severity"].isin(["error", "warning"]) & judgements["subject"].notna()]
    found = []
    for kind, who in done:
        own = blamed[(blamed["subject"] == who[0]) & ((blamed["session"] == who[1]) if len(who) > 1 else True)]
        found.append((kind.__name__, bool(rules[kind] & set(own["rule"]))))
    touched = {who[0] for _, who in done}
    whole = ~table["subject"].isin(touched)
    return found, (~blamed["subject"].isin(touched)).sum() / whole.sum()


def repeatedly(table, people, kinds, seeds):
    """Damage a cohort anew with each seed, and judge it."""
    table = table[table["source"].isin(SOURCES)].reset_index(drop=True)
    damaged = [planted(table, people, kinds, seed) for seed in seeds]
    return table, [(after, done, judge(after)) for after, done in damaged]


@pytest.fixture(scope="module")
def cross(tmp_path_factory):
    """70 subjects of two sites, as many runs damaged as there are kinds, and the judgements; once for each seed."""
    made = make_cohort(tmp_path_factory.mktemp("cross") / "s", n_subjects=70, sites=("A", "B"), seed=1)
    return repeatedly(made.table, [(name,) for name in made.participants["participant_id"]], CROSS, SEEDS)


@pytest.fixture(scope="module")
def visits(tmp_path_factory):
    """14 subjects with three sessions, cross-sectional and longitudinal runs, and two kinds of damage."""
    made = make_cohort(tmp_path_factory.mktemp("long") / "s", n_subjects=14, sessions=3, layout="longitudinal", seed=1)
    people = made.participants[["participant_id", "session_id"]].drop_duplicates("participant_id")
    return repeatedly(made.table, [*people.itertuples(index=False, name=None)], [*LONGITUDINAL] * 2, SEEDS)


def test_every_kind_of_damage_is_found_with_few_false_rows(cross, visits):
    found, false = [], []
    for runs, rules in ((cross, CROSS), (visits, LONGITUDINAL)):
        for damaged, done, judgements in runs[1]:
            hits, share = outcome(damaged, done, rules, judgements)
            found += hits
            false.append(share)
    missed = [kind for kind, hit in found if not hit]
    assert len({kind for kind, _ in found}) >= 10
    assert 1 - len(missed) / len(found) >= 0.95, missed
    assert max(false) < 0.01


def test_a_whole_cohort_has_no_errors_and_few_warnings(cross, visits):
    for table, _ in (cross, visits):
        judgements = judge(table)
        assert (judgements["severity"] != "error").all()
        assert (judgements["severity"] == "warning").sum() < 0.01 * len(table)


def test_damaged_runs_lead_the_worklist(cross):
    for _, done, judgements in cross[1]:
        damaged = {who[0] for _, who in done}
        is_damaged = worklist(judgements)["subject"].isin(damaged).head(len(damaged))
        assert is_damaged.head(len(damaged) // 2).all()
        assert is_damaged.mean() >= 0.7


@pytest.mark.parametrize("side", ["Left", "Right"])
def test_a_hippocampus_of_which_a_third_was_found_is_to_be_looked_at_first(cross, side):
    table = cross[0]
    rows = (table["subject"] == "sub-007") & (table["region"] == f"{side}-Hippocampus") & (table["measure"] == "volume")
    first = worklist(judge(table.assign(value=table["value"].where(~rows, table["value"] / 3)))).iloc[0]
    assert (first["subject"], first["n_errors"]) == ("sub-007", 0)
    assert "Hippocampus volume (aseg)" in first["look_at"]
