"""Permutation tests: against refitting one by one, families, missing values, exchangeability, laws and simulations.

The figures of other programs are in agreements/permute.py.
"""

from concurrent.futures import ThreadPoolExecutor
from itertools import permutations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from frames_support import assert_frame_equal
from fsstats.errors import ColumnsError, FormulaError, FsstatsWarning, TableError, UnknownNameError
from fsstats.stats import _permutation
from fsstats.stats._exchange import CHUNK, draws_of, exchange_of, labels_of
from fsstats.stats._permutation import Test as Effect
from fsstats.stats._permutation import permutation_test
from fsstats.stats.permute import permute
from fsstats.stats.regress import regress
from reference_support import cohort


def long(values, people, *, measure="volume", source="aseg"):
    """Make a long table of a matrix, a column a region."""
    names = [f"s{number:03d}" for number in range(len(values))]
    parts = [
        people.assign(
            **{"subject": names, "session": None, "stream": "cross", "source": source, "hemi": None}
            | {"region": f"r{number}", "measure": measure, "value": column, "unit": "mm^3"}
        )
        for number, column in enumerate(np.asarray(values, dtype=float).T)
    ]
    return pd.concat(parts, ignore_index=True)


def made(n=24, regions=5, seed=0, *, effect=0.0):
    """Make people of two groups and three sites, and values that depend on age and site."""
    rng = np.random.default_rng(seed)
    people = pd.DataFrame(
        {"group": np.where(rng.random(n) < 0.4, "PT", "CN"), "age": rng.normal(60, 9, n).round(1)}
        | {"site": np.resize(list("ABC"), n), "pair": np.arange(n) // 2}
    )
    values = rng.normal(size=(n, regions)) + 0.05 * people[["age"]].to_numpy()
    values += effect * (people[["group"]].to_numpy() == "PT")
    return values, people


# ---- the arrays: against a refit of the whole model for every permutation ------------------------------------------


def refitted(values, test, moves):
    """Give the statistic of every permutation: F, or t, with the whole model fitted again and again."""
    nuisance = np.delete(test.matrix, test.tested, axis=1)
    fitted = nuisance @ np.linalg.lstsq(nuisance, values, rcond=None)[0] if nuisance.size else 0 * values
    left, found = values - fitted, []
    n = len(moves.signs if moves.places is None else moves.places)
    for number in range(n):
        own = left if moves.signs is None else left * moves.signs[number]
        if moves.places is not None:  # whose place in the design each row takes
            own = own[np.argsort(moves.places[number])]
        found.append(statistic(own + fitted, test))
    return np.array(found)


def statistic(y, test):
    x, tested = test.matrix, test.tested
    inverse = np.linalg.inv(x.T @ x)
    b = inverse @ x.T @ y
    residuals, df = y - x @ b, len(x) - x.shape[1]
    covariance = inverse * (residuals @ residuals) / df
    if test.robust:
        hat = np.einsum("ij,jk,ik->i", x, inverse, x)
        covariance = inverse @ (x.T * (residuals / (1 - hat)) ** 2) @ x @ inverse
    if len(tested) > 1:
        return b[tested] @ np.linalg.solve(covariance[np.ix_(tested, tested)], b[tested]) / len(tested)
    t = (b / np.sqrt(np.diag(covariance)))[tested[0]]
    return {"two-sided": t**2, "greater": np.sign(t) * t**2, "less": -np.sign(t) * t**2}[test.tail]


def shares(values, test, n=60):
    """Give all statistics as `_permutation` computes them, and one by one, for the same permutations."""
    draws = draws_of(test.exchange, labels_of(test.exchange, test.matrix, np.zeros(len(values), bool)), n=n, seed=3)
    (part,) = _permutation._parts(values, test, np.zeros(values.shape[1], dtype=np.intp))
    moves = draws.chunk(0)
    ours = _permutation._statistic(_permutation._shares(part, test, moves), part.geometry)
    return ours, np.array([refitted(column, test, moves) for column in values.T]).T


WAYS = {
    "one column": {},
    "one column among few regions": {"regions": 1},
    "several columns": {"tested": [2, 3]},
    "greater": {"tail": "greater"},
    "less": {"tail": "less"},
    "HC3": {"robust": True},
    "HC3 among few regions": {"robust": True, "regions": 2},
    "within blocks": {"blocks": "site"},
    "whole blocks": {"blocks": "pair", "whole": True},
    "signs": {"scheme": "flip"},
    "signs and places": {"scheme": "both"},
    "signs and places among few regions": {"scheme": "both", "regions": 1},
    "signs and places of whole blocks": {"scheme": "both", "blocks": "pair", "whole": True},
    "signs with HC3": {"scheme": "both", "robust": True},
    "no nuisance": {"matrix": [1], "tested": [0]},
    "no intercept": {"matrix": [1, 2], "tested": [0]},
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_the_statistics_are_those_of_the_whole_model_fitted_again(way):
    values, people = made(regions=way.get("regions", 6))
    n = len(values)
    matrix = np.c_[np.ones(n), people["group"] == "PT", people["age"], people["site"] == "B", people["site"] == "C"]
    matrix = matrix.astype(float)[:, way.get("matrix", [0, 1, 2, 3, 4])]
    blocks = pd.factorize(people[way["blocks"]])[0] if "blocks" in way else None
    exchange = exchange_of(n, blocks, whole=way.get("whole", False), scheme=way.get("scheme", "permute"))
    tested = np.array(way.get("tested", [1]))
    test = Effect(matrix, tested, exchange, way.get("tail", "two-sided"), robust=way.get("robust", False))
    np.testing.assert_allclose(*shares(values, test), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("tail", ["two-sided", "greater", "less"])
def test_p_is_the_share_of_permutations_that_are_as_extreme(tail):
    values, people = made(n=7, regions=3)
    matrix = np.c_[np.ones(7), np.arange(7) % 2, people["age"]]
    test = Effect(matrix, np.array([1]), exchange_of(7, None, whole=False, scheme="permute"), tail)
    found = permutation_test(values, test, families=np.zeros(3, dtype=int), n=10_000, seed=1)
    every = np.array(list(permutations(range(7))))
    moves = _permutation.Moves(every, None, None)
    all_of = np.array([refitted(column, test, moves) for column in values.T]).T
    floor = all_of[0] - 1e-9 * np.abs(all_of[0])
    assert (found.n, found.exact) == (5040, True)
    np.testing.assert_allclose(found.p, (all_of >= floor).mean(axis=0))
    np.testing.assert_allclose(found.p_family, (all_of.max(axis=1)[:, None] >= floor).mean(axis=0))


def test_drawn_permutations_come_near_to_all_of_them():
    values, people = made(n=8, regions=3)
    table = long(values, people)
    few = permute(table, "value ~ group + age", term="age", n_permutations=20_000, seed=1)
    every = permute(table, "value ~ group + age", term="age", n_permutations=50_000, seed=1)
    assert not few["exact"].any()
    assert every["exact"].all()
    np.testing.assert_allclose(few["p_permutation"], every["p_permutation"], atol=0.012)
    np.testing.assert_allclose(few["p_fwe"], every["p_fwe"], atol=0.012)


# ---- which permutations -------------------------------------------------------------------------------------------

EXCHANGES = {
    "relabellings of two groups": ([0, 0, 0, 1, 1, 1], None, False, "permute", 20),
    "all orders": ([1, 2, 3, 4], None, False, "permute", 24),
    "within blocks": ([0, 1, 0, 1, 5, 6, 7], [0, 0, 0, 0, 1, 1, 1], False, "permute", 6 * 6),
    "blocks of one row": ([1, 2, 3], [0, 1, 2], False, "permute", 1),
    "whole blocks": ([0, 1, 0, 1, 2, 3], [0, 0, 1, 1, 2, 2], True, "permute", 3),
    "whole blocks that alternate": ([1, 2, 3, 4], [0, 1, 0, 1], True, "permute", 2),
    "signs": ([1, 1, 1, 1], None, False, "flip", 16),
    "signs of whole blocks": ([1, 1, 1, 1], [0, 0, 1, 1], True, "flip", 4),
    "signs and places": ([0, 0, 1], None, False, "both", 3 * 8),
}


@pytest.mark.parametrize(("design", "blocks", "whole", "scheme", "n"), EXCHANGES.values(), ids=EXCHANGES)
def test_all_permutations_that_differ_are_listed_once(design, blocks, whole, scheme, n):
    blocks = None if blocks is None else np.array(blocks)
    exchange = exchange_of(len(design), blocks, whole=whole, scheme=scheme)
    matrix = np.array(design, dtype=float)[:, None]
    draws = draws_of(exchange, labels_of(exchange, matrix, np.zeros(len(design), dtype=bool)), n=n, seed=1)
    assert (draws.n, draws.exact) == (n, True)
    moves = draws.chunk(0)
    designs = np.broadcast_to(matrix[:, 0], (n, len(design))) if moves.places is None else matrix[:, 0][moves.places]
    signs = np.ones_like(designs) if moves.signs is None else moves.signs
    seen = set(map(tuple, np.hstack([designs, signs])))
    assert len(seen) == n
    assert (*design, *np.ones(len(design))) in seen
    fewer = draws_of(exchange, labels_of(exchange, matrix, np.zeros(len(design), dtype=bool)), n=n - 1, seed=1)
    assert (fewer.n, fewer.exact) == (n - 1, False)


def test_blocks_move_as_wholes_and_keep_the_order_of_their_rows():
    exchange = exchange_of(6, np.array([0, 1, 2, 0, 1, 2]), whole=True, scheme="both")
    moves = draws_of(exchange, np.arange(3), n=40, seed=1).chunk(0)
    assert (moves.places[:, 3:] == moves.places[:, :3] + 3).all()
    assert (moves.signs[:, 3:] == moves.signs[:, :3]).all()
    assert len(set(map(tuple, moves.places))) == 6


def test_rows_stay_within_their_block():
    blocks = np.array([0, 1, 0, 1, 2, 0, 2, 1])
    moves = draws_of(exchange_of(8, blocks, whole=False, scheme="permute"), np.arange(8), n=50, seed=1).chunk(0)
    assert (blocks[moves.places] == blocks).all()
    assert (np.sort(moves.places, axis=1) == np.arange(8)).all()
    assert (np.take_along_axis(moves.places, moves.back, axis=1) == np.arange(8)).all()


@pytest.mark.parametrize("taking", [[1, 1, 0, 1, 1], [0, 1, 0, 0, 1], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1]])
def test_permutations_of_some_rows_are_as_random_as_those_of_all(taking):
    taking = np.array(taking, dtype=bool)
    draws = draws_of(exchange_of(5, None, whole=False, scheme="permute"), np.arange(5), n=120, seed=1)
    moves = draws.chunk(0).among(taking)
    assert (moves.places[:, ~taking] == np.flatnonzero(~taking)).all()
    assert (np.take_along_axis(moves.places, moves.back, axis=1) == np.arange(5)).all()
    _, counts = np.unique(moves.places, axis=0, return_counts=True)
    assert len(set(counts)) == 1


def test_each_seed_gives_its_own_permutations():
    values, people = made()
    first, again, other = (
        permute(long(values, people), "value ~ group", term="group", n_permutations=500, seed=seed)["p_permutation"]
        for seed in (1, 1, 2)
    )
    assert first.tolist() == again.tolist() != other.tolist()


def test_a_thousand_more_permutations_begin_with_the_same():
    exchange = exchange_of(9, None, whole=False, scheme="both")
    few, many = (draws_of(exchange, np.arange(9), n=n, seed=4) for n in (2 * CHUNK, 5 * CHUNK))
    for number in (0, 1):
        for one, other in zip(few.chunk(number), many.chunk(number), strict=True):
            assert (one == other).all()


# ---- the table ----------------------------------------------------------------------------------------------------

ADDED = ["p_permutation", "p_fwe", "n_permutations", "exact"]


@pytest.mark.parametrize("std_errors", ["classical", "HC3"])
@pytest.mark.parametrize("term", ["group", "age", "Intercept"])
def test_all_else_is_as_regress_says(std_errors, term):
    formula = "value ~ group + age + sex + eTIVc + site"
    scheme = "flip" if term == "Intercept" else "permute"
    found = permute(cohort(), formula, term=term, scheme=scheme, n_permutations=99, std_errors=std_errors, seed=1)
    expected = regress(cohort(), formula, terms=[term], std_errors=std_errors)
    assert found.columns.tolist() == [*expected.columns, *ADDED]
    assert_frame_equal(
        found.drop(columns=["method", *ADDED]).reset_index(drop=True),
        expected.drop(columns="method").reset_index(drop=True),
        rtol=1e-10,
    )


def test_a_term_of_several_columns_is_tested_as_a_whole():
    found = permute(cohort(), "value ~ dx3 + age", term="dx3", n_permutations=199, seed=1)
    assert found["term"].unique().tolist() == ["dx3"]
    assert (found["df_term"] == 2).all()
    assert found["estimate"].isna().all()
    assert found["effect_name"].unique().tolist() == ["partial_eta_squared"]
    assert np.corrcoef(found["p_permutation"], found["p_value"])[0, 1] > 0.99


METHODS = {
    "drawn": ({"n_permutations": 99}, "; t; Freedman-Lane, 99 permutations, seed 1; p_fwe by the largest statistic "),
    "all": ({"blocks": "pair", "n_permutations": 5000}, "; t; Freedman-Lane, all 4096 permutations within pair; p_fwe"),
    "whole blocks": (
        {"blocks": "pair", "whole_blocks": True, "n_permutations": 99},
        "; t; Freedman-Lane, 99 permutations of whole pair, seed 1; p_fwe",
    ),
    "signs": ({"scheme": "flip", "n_permutations": 99}, "; t; Freedman-Lane, 99 sign flips, seed 1; p_fwe"),
    "both": (
        {"scheme": "both", "n_permutations": 99, "tail": "less"},
        "; t; Freedman-Lane, 99 permutations with sign flips, seed 1, less; p_fwe",
    ),
    "families": ({"n_permutations": 99, "within": ["hemi", "measure"]}, "statistic within hemi, measure"),
    "one family": ({"n_permutations": 99, "within": ()}, "p_fwe by the largest statistic over all rows"),
}


@pytest.mark.parametrize(("options", "words"), METHODS.values(), ids=METHODS)
def test_the_method_says_how(options, words):
    values, people = made()
    found = permute(long(values, people), "value ~ age", term="age", seed=1, **options)
    assert found["method"].str.contains(words, regex=False).all()
    assert found["method"].str.startswith("ordinary least squares").all()


def test_a_mean_is_tested_by_sign_flips():
    rng = np.random.default_rng(1)
    values = rng.normal(loc=[0, 0, 1.5, -1.5], size=(10, 4))
    found = permute(long(values, pd.DataFrame(index=range(10))), "value ~ 1", term="Intercept", scheme="flip", seed=1)
    signs = np.array(list(product([1, -1], repeat=10)))
    means = np.abs(signs @ values)
    assert found["n_permutations"].unique().tolist() == [1024]
    np.testing.assert_allclose(found["p_permutation"], (means >= means[0] * (1 - 1e-12)).mean(axis=0))
    np.testing.assert_allclose(found["estimate"], values.mean(axis=0))


@pytest.mark.long
def test_the_two_tails_add_up():
    values, people = made(n=9)
    greater, less = (
        permute(long(values, people), "value ~ age", term="age", n_permutations=400_000, seed=1, tail=tail)
        for tail in ("greater", "less")
    )
    np.testing.assert_allclose(greater["p_permutation"] + less["p_permutation"], 1, atol=1e-4)
    assert (greater["p_value"] == less["p_value"]).all()
    assert greater["exact"].all()


def test_every_measure_is_a_family_by_default():
    values, people = made()
    shifted = values + 2.0 * (people[["group"]].to_numpy() == "PT")
    table = pd.concat([long(values, people), long(shifted, people, measure="area")], ignore_index=True)
    options = {"term": "group", "n_permutations": 999, "seed": 1}
    apart = permute(table, "value ~ group", **options)
    alone = permute(long(values, people), "value ~ group", **options)
    together = permute(table, "value ~ group", within=(), **options)
    assert apart.loc[:4, "p_fwe"].tolist() == alone["p_fwe"].tolist()
    assert (together["p_fwe"] >= apart["p_fwe"]).all()
    assert (together["p_fwe"] > apart["p_fwe"]).any()
    assert (apart["p_fwe"] >= apart["p_permutation"]).all()


# ---- missing values -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", [[2], [0, 5], [1, 6]])
@pytest.mark.parametrize(("formula", "term"), [("value ~ group + age", "age"), ("value ~ group", "group")])
def test_a_region_with_missing_values_is_tested_as_if_it_were_alone(lost, formula, term):
    values, people = made(n=8, regions=3)
    people["group"] = np.resize(["PT", "CN"], 8)
    values[lost, 1] = np.nan
    there = np.isfinite(values[:, 1])
    options = {"term": term, "n_permutations": 50_000, "seed": 1}
    found = permute(long(values, people), formula, **options)
    alone = permute(long(values[there][:, [1]], people[there].reset_index(drop=True)), formula, **options)
    assert found["exact"].all()
    assert alone["exact"].all()
    assert found["n_missing"].tolist() == [0, len(lost), 0]
    np.testing.assert_allclose(
        found.loc[1, ["statistic", "p_permutation"]].astype(float),
        alone.loc[0, ["statistic", "p_permutation"]].astype(float),
        rtol=1e-10,
    )


def test_regions_with_other_missing_values_stay_as_correlated_as_they_are():
    rng = np.random.default_rng(2)
    values = np.repeat(rng.normal(size=(60, 1)), 12, axis=1)
    people = pd.DataFrame({"age": rng.normal(size=60)})
    for region in range(1, 12):  # one region, twelve times, each time without two others
        values[2 * region : 2 * region + 2, region] = np.nan
    found = permute(long(values, people), "value ~ age", term="age", n_permutations=2000, seed=1)
    independent = 1 - (1 - found["p_permutation"]) ** 12
    assert (found["p_fwe"] < found["p_permutation"] + 0.5 * (independent - found["p_permutation"])).all()


def test_a_whole_block_that_lacks_a_row_stays_where_it_is():
    values, people = made(n=12, regions=2)
    people["x"] = np.repeat(np.arange(6.0) ** 2, 2)
    values[3, 1] = np.nan
    options = {"term": "x", "blocks": "pair", "whole_blocks": True, "n_permutations": 800, "seed": 1}
    found = permute(long(values, people), "value ~ x", **options)
    assert (found["n_permutations"] == 720).all()
    assert found["n"].tolist() == [12, 11]
    test = Effect(np.c_[np.ones(11), np.delete(people["x"], 3)], np.array([1]), None)
    movable = np.array(list(permutations([0, 2, 3, 4, 5])))
    rows = np.empty((120, 11), dtype=int)
    starts = np.array([0, np.nan, 3, 5, 7, 9])
    rows[:, 2] = 2
    for place, start in enumerate([0, 3, 5, 7, 9]):
        rows[:, start], rows[:, start + 1] = starts[movable[:, place]], starts[movable[:, place]] + 1
    every = refitted(np.delete(values[:, 1], 3), test, _permutation.Moves(rows, None, None))
    assert found.loc[1, "p_permutation"] == pytest.approx((every >= every[0] * (1 - 1e-9)).mean())


def test_a_region_without_a_result_says_why_and_counts_for_no_other():
    values, people = made()
    options = {"term": "group", "n_permutations": 500, "seed": 1}
    expected = permute(long(values, people), "value ~ group + age", **options)
    constant, empty, few = np.full(24, 3.0), np.full(24, np.nan), np.where(np.arange(24) < 3, values[:, 0], np.nan)
    one_group = np.where(people["group"] == "PT", values[:, 0], np.nan)
    exact_fit = 2.0 * (people["group"] == "PT")
    table = long(np.c_[constant, values, empty, few, one_group, exact_fit], people)
    found = permute(table, "value ~ group + age", **options)
    odd = [0, 6, 7, 8, 9]
    assert found.loc[odd, "note"].notna().all()
    assert found.loc[odd, ["p_permutation", "p_fwe"]].isna().all(axis=None)
    assert found.drop(index=odd)["p_fwe"].tolist() == expected["p_fwe"].tolist()
    assert found.drop(index=odd)["p_permutation"].tolist() == expected["p_permutation"].tolist()


def test_nothing_but_constant_regions_gives_no_p_values():
    _, people = made()
    found = permute(long(np.ones((24, 2)), people), "value ~ group", term="group", n_permutations=50, seed=1)
    assert found["p_fwe"].isna().all()
    assert found["note"].tolist() == ["does not vary"] * 2


# ---- what is asked wrongly, and what is doubtful ------------------------------------------------------------------


def repeated(people):
    return people.assign(session=np.resize(["v1", "v2"], len(people)))


WRONG = {
    "an unknown term": ({"term": "sex"}, UnknownNameError, "no term of the model is called 'sex'"),
    "an unknown variable": (
        {"formula": "value ~ groop"},
        UnknownNameError,
        "no variable is called 'groop'",
    ),
    "a bad formula": ({"formula": "value ~ group +"}, FormulaError, "group"),
    "an intercept": (
        {"term": "Intercept"},
        TableError,
        "Intercept: the permutations cannot test it, as it is the same for all people, at least in part. To test a mean",
    ),
    "a term between blocks": (
        {"term": "block_x", "formula": "value ~ block_x + age", "blocks": "pair"},
        TableError,
        "block_x: the permutations cannot test it, as it does not vary within pair, .* Exchange whole blocks",
    ),
    "a term within whole blocks": (
        {"term": "visit", "formula": "value ~ visit", "blocks": "pair", "whole_blocks": True},
        TableError,
        "visit: .* as it is the same in all blocks of pair, .* Permute within them: whole_blocks=False",
    ),
    "a part of a term between blocks": (
        {"term": "part", "formula": "value ~ part", "blocks": "pair"},
        TableError,
        "part: the permutations cannot test it, as it does not vary within pair, at least in part",
    ),
    "blocks of one row": (
        {"blocks": "number"},
        TableError,
        "group: the permutations cannot test it, as it does not vary within number",
    ),
    "no such blocks": ({"blocks": "family"}, ColumnsError, r"permute needs the column\(s\) 'family'; the table has"),
    "rows without a block": (
        {"blocks": "gaps"},
        TableError,
        "blocks gaps: expected a block in every row, found 1 of 24",
    ),
    "whole blocks of several sizes": (
        {"blocks": "group", "whole_blocks": True},
        TableError,
        "blocks group: expected whole blocks of one size, found blocks of 8, 16 rows",
    ),
    "whole blocks without blocks": (
        {"whole_blocks": True},
        TableError,
        "whole_blocks: expected the column of the blocks",
    ),
    "signs within blocks": (
        {"blocks": "site", "scheme": "flip"},
        TableError,
        "blocks site: rows that keep their places need none",
    ),
    "an unknown scheme": ({"scheme": "flips"}, UnknownNameError, r"no scheme is called 'flips'; did you mean flip\?"),
    "an unknown tail": ({"tail": "larger"}, UnknownNameError, "no tail is called 'larger'"),
    "unknown standard errors": ({"std_errors": "HC2"}, UnknownNameError, "no kind of standard error is called 'HC2'"),
    "an unknown family": ({"within": ["lobe"]}, ColumnsError, r"permute \(within\) needs the column\(s\) 'lobe'"),
    "an unknown guard": ({"allow": ["all"]}, UnknownNameError, "no guard is called 'all'"),
    "one tail of F": ({"term": "site", "formula": "value ~ site", "tail": "less"}, TableError, "site has 2 columns"),
    "HC3 of F": ({"term": "site", "formula": "value ~ site", "std_errors": "HC3"}, TableError, "so it is tested by F"),
    "no permutations": (
        {"n_permutations": 0},
        TableError,
        "n_permutations: expected a whole number of 1 or more, found 0",
    ),
    "half a permutation": ({"n_permutations": 99.5}, TableError, "n_permutations: .* found 99.5"),
    "no seed": ({"seed": None}, TableError, "seed: expected a whole number of 0 or more, found None"),
    "a negative seed": ({"seed": -1}, TableError, "seed: expected a whole number of 0 or more, found -1"),
    "a confidence of 95": ({"conf_level": 95}, TableError, "conf_level"),
}


@pytest.mark.parametrize(("options", "error", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_permuted_is_said(options, error, message):
    values, people = made()
    people = people.assign(
        group=np.resize(["PT", "CN", "CN"], 24),
        block_x=people["pair"] ** 2.0,
        visit=np.resize([0.0, 1.0], 24),
        part=np.where(people["pair"] < 6, people["pair"].astype(str), np.resize(["6", "7"], 24)),
        number=np.arange(24),
        gaps=np.where(np.arange(24) == 4, np.nan, np.arange(24) // 4),
    )
    given = {"formula": "value ~ group + age", "term": "group", "n_permutations": 50, "seed": 1} | options
    with pytest.raises(error, match=message):
        permute(long(values, people), **given)


def visits(effect=0.0, n=30, seed=0):
    """Make two visits of each subject."""
    rng = np.random.default_rng(seed)
    values, people = made(n=2 * n, regions=3, seed=seed)
    values += np.repeat(rng.normal(0, 3, size=(n, 3)), 2, axis=0) + effect * np.resize([[0.0], [1.0]], (2 * n, 1))
    people = people.assign(visit=np.resize([0.0, 1.0], 2 * n), half=np.arange(2 * n) // n)
    people["treated"] = np.repeat(rng.random(n) < 0.5, 2)
    table = long(values, people)
    number = table["subject"].str[1:].astype(int)
    return table.assign(subject="p" + (number // 2).astype(str), session="v" + (number % 2).astype(str))


OF_SUBJECTS = {
    "visits within subjects": {"term": "visit", "blocks": "subject"},
    "treatment between subjects": {"term": "treated", "blocks": "subject", "whole_blocks": True},
    "subjects within whole blocks": {"term": "visit", "blocks": "half", "whole_blocks": True, "scheme": "both"},
    "allowed": {"term": "visit", "allow": ["repeated"]},
}


@pytest.mark.parametrize("options", OF_SUBJECTS.values(), ids=OF_SUBJECTS)
@pytest.mark.filterwarnings("ignore:there are only")
def test_several_runs_of_a_subject_are_in_order_in_blocks(options):
    found = permute(visits(), "value ~ visit + treated", n_permutations=50, seed=1, **options)
    assert found["p_fwe"].notna().all()


NOT_APART = {
    "no blocks": {},
    "blocks of several subjects": {"blocks": "half"},
    "signs of single rows": {"scheme": "flip"},
    "signs of single rows in blocks": {"scheme": "both", "blocks": "subject"},
    "blocks that part subjects": {"blocks": "visit", "whole_blocks": True},
}


@pytest.mark.parametrize("options", NOT_APART.values(), ids=NOT_APART)
def test_several_runs_of_a_subject_are_no_several_people(options):
    with pytest.raises(TableError, match=r"30 subject\(s\) have several runs, .* Use blocks='subject'; or allow it"):
        permute(visits(), "value ~ visit + treated", term="visit", n_permutations=50, seed=1, **options)


@pytest.mark.parametrize(
    ("n", "text"),
    [(1000, "there are only 10 possible permutations: no p-value can be below 0.1$"), (9, "there are only 10 permu")],
)
def test_few_permutations_are_warned_of(n, text):
    values, people = made(n=5)
    people["group"] = ["PT", "PT", "CN", "CN", "CN"]
    with pytest.warns(FsstatsWarning, match=text):
        permute(long(values, people), "value ~ group", term="group", n_permutations=n, seed=1)


# ---- laws ---------------------------------------------------------------------------------------------------------

WHOLE = {
    "permuted": {"term": "group"},
    "within": {"term": "group", "blocks": "site"},
    "whole": {"term": "group", "blocks": "pair", "whole_blocks": True},
    "flipped": {"term": "Intercept", "scheme": "flip"},
}


@pytest.mark.parametrize("options", WHOLE.values(), ids=WHOLE)
@given(st.randoms(use_true_random=False))
@settings(max_examples=4, deadline=None)
def test_the_order_of_subjects_and_regions_does_not_matter(options, random):
    values, people = made()
    values[4, 2] = values[9, 0] = np.nan
    table = long(values, people)
    order = list(range(len(table)))
    random.shuffle(order)
    given_ = {"n_permutations": 250, "seed": 1} | options
    one = permute(table, "value ~ group + age", **given_).set_index("region")
    other = permute(table.iloc[order], "value ~ group + age", **given_).set_index("region").loc[one.index]
    assert one["p_permutation"].tolist() == other["p_permutation"].tolist()
    assert one["p_fwe"].tolist() == other["p_fwe"].tolist()


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_units_do_not_matter(scale):
    values, people = made()
    table = long(values, people)
    options = {"term": "group", "n_permutations": 300, "seed": 1}
    other = table.assign(
        value=scale * (table["value"] + 50), age=1e6 + scale * table["age"] if scale > 1 else table["age"] / 1e6
    )
    one, two = (permute(each, "value ~ group + age", **options) for each in (table, other))
    assert one["p_permutation"].tolist() == two["p_permutation"].tolist()
    assert one["p_fwe"].tolist() == two["p_fwe"].tolist()


def test_another_coding_of_the_nuisance_does_not_matter():
    values, people = made()
    options = {"term": "group", "n_permutations": 300, "seed": 1}
    one, two = (
        permute(long(values, people), f"value ~ group + age + {site}", **options)
        for site in ("site", "C(site, contr.sum)")
    )
    assert one["p_fwe"].tolist() == two["p_fwe"].tolist()


def test_workers_and_the_size_of_steps_change_no_number(monkeypatch):
    values, people = made(regions=7)
    values[3, 2:4] = np.nan
    table = long(values, people)
    options = {"term": "group", "n_permutations": 700, "seed": 5, "std_errors": "HC3"}
    alone = permute(table, "value ~ group + age", **options)
    with ThreadPoolExecutor(3) as executor:
        shared = permute(table, "value ~ group + age", executor=executor, **options)
    monkeypatch.setattr(_permutation, "_CELLS", 2)
    monkeypatch.setattr(_permutation, "_AT_ONCE", 1000)
    stepwise = permute(table, "value ~ group + age", **options)
    for other in (shared, stepwise):
        assert_frame_equal(other, alone)


@pytest.mark.parametrize("flip", [False, True])
def test_equal_statistics_count_as_ties(flip):
    values = np.array([[1.1, 1.1, 2.2, 2.2, 3.3, 3.3, 0.1, 0.1]]).T * [[1, 1 / 3, 0.7]]
    people = pd.DataFrame({"group": np.resize(["CN", "PT"], 8)})
    how = {"term": "Intercept", "scheme": "flip"} if flip else {"term": "group"}
    found = permute(long(values, people), "value ~ 1" if flip else "value ~ group", n_permutations=500, seed=1, **how)
    assert found["exact"].all()
    assert len(set(found["p_permutation"])) == 1
    if not flip:  # the groups have the same mean: nothing is less extreme
        assert (found["p_permutation"] == 1).all()


# ---- simulations: many data sets at once, each a family ------------------------------------------------------------


def simulated(n, sets, regions, seed):
    """Make a design whose nuisance goes with its unequal groups, and correlated values without an effect of group."""
    rng = np.random.default_rng(seed)
    group = (np.arange(n) < n // 4).astype(float)
    nuisance = group + rng.normal(size=n)
    errors = rng.normal(size=(n, sets, 1)) + rng.normal(size=(n, sets, regions))
    values = (errors + nuisance[:, None, None]).reshape(n, -1)
    return values, np.c_[np.ones(n), group, nuisance], np.repeat(np.arange(sets), regions)


def test_the_probability_of_any_false_finding_is_at_its_level():
    values, matrix, families = simulated(32, 600, 8, seed=11)
    test = Effect(matrix, np.array([1]), exchange_of(32, None, whole=False, scheme="permute"))
    found = permutation_test(values, test, families=families, n=999, seed=1)
    smallest = found.p_family.reshape(600, 8).min(axis=1)
    for level in (0.05, 0.2):
        assert abs((smallest <= level).mean() - level) < 3 * np.sqrt(level * (1 - level) / 600)
    assert kstest(smallest, "uniform").pvalue > 0.001


SKEWED = {
    "unequal groups": {},
    "within blocks with effects of their own": {"blocks": True},
    "a robust statistic": {"robust": True},
    "a term of two columns": {"tested": [1, 3]},
}


@pytest.mark.parametrize("way", SKEWED.values(), ids=SKEWED)
def test_p_is_uniform_without_an_effect_though_errors_are_skewed(way):
    rng = np.random.default_rng(12)
    n, regions = 40, 1500
    group = (rng.random(n) < np.where(np.arange(n) < 20, 0.15, 0.5)).astype(float)  # more of them in the second block
    block = np.arange(n) // 20
    matrix = np.c_[np.ones(n), group, rng.normal(size=n), rng.normal(size=n)]
    values = rng.exponential(size=(n, regions)) + matrix[:, [2]]
    if way.get("blocks"):
        values += 3.0 * block[:, None]
    exchange = exchange_of(n, block if way.get("blocks") else None, whole=False, scheme="permute")
    matrix = np.c_[matrix, block] if way.get("blocks") else matrix
    test = Effect(matrix, np.array(way.get("tested", [1])), exchange, robust=way.get("robust", False))
    p = permutation_test(values, test, families=np.zeros(regions, dtype=int), n=999, seed=2).p
    for level in (0.05, 0.01):
        assert abs((p <= level).mean() - level) < 3.3 * np.sqrt(level * (1 - level) / regions)
    assert kstest(p, "uniform").pvalue > 0.001


def test_without_blocks_the_effects_of_blocks_would_be_taken_for_the_terms():
    rng = np.random.default_rng(13)
    block = np.repeat(np.arange(2), 20)
    group = (rng.random(40) < np.where(block, 0.8, 0.2)).astype(float)
    values = rng.normal(size=(40, 300)) + 2.0 * block[:, None]
    rejected = []
    for blocks in (None, block):
        test = Effect(np.c_[np.ones(40), group], np.array([1]), exchange_of(40, blocks, whole=False, scheme="permute"))
        p = permutation_test(values, test, families=np.zeros(300, dtype=int), n=499, seed=2).p
        rejected.append((p <= 0.05).mean())
    assert rejected[0] > 0.5
    assert rejected[1] < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)


def test_a_robust_statistic_holds_where_variances_differ():
    rng = np.random.default_rng(14)
    group = (np.arange(60) < 12).astype(float)
    values = rng.normal(size=(60, 1500)) * np.where(group, 4.0, 1.0)[:, None]  # the small group varies more
    exchange = exchange_of(60, None, whole=False, scheme="permute")
    rejected = {}
    for robust in (False, True):
        test = Effect(np.c_[np.ones(60), group], np.array([1]), exchange, robust=robust)
        p = permutation_test(values, test, families=np.zeros(1500, dtype=int), n=499, seed=2).p
        rejected[robust] = (p <= 0.05).mean()
    assert rejected[False] > 0.15
    assert abs(rejected[True] - 0.05) < 0.02


@pytest.mark.parametrize("scheme", ["permute", "flip"])
def test_an_effect_is_found_where_it_is(scheme):
    rng = np.random.default_rng(15)
    group = np.resize([0.0, 1.0], 60)
    values = rng.normal(size=(60, 40))
    values[:, :5] += 1.6 * group[:, None] if scheme == "permute" else 0.8
    matrix = np.c_[np.ones(60), group] if scheme == "permute" else np.ones((60, 1))
    test = Effect(matrix, np.array([matrix.shape[1] - 1]), exchange_of(60, None, whole=False, scheme=scheme))
    found = permutation_test(values, test, families=np.zeros(40, dtype=int), n=1999, seed=2)
    assert (found.p_family[:5] < 0.01).all()
    assert (found.p_family[5:] > 0.05).all()
