"""Permutation tests against every permutation one by one, against PALM and against nilearn."""

from functools import cache, partial

from agreements._case import Agreement, absolute, relative
from fsstats.stats.permute import permute
from reference_support import cohort, column_of, expected, long_of, read

_EVERY = "every permutation refitted (numpy)"
_CASES = {
    "two_group": ("tiny8", {"formula": "value ~ group", "term": "group"}),
    "group_adj_age": ("tiny8", {"formula": "value ~ group + age", "term": "group"}),
    "age_adj_group": ("tiny8", {"formula": "value ~ group + age", "term": "age"}),
    "within_block": ("tiny12_blocks", {"formula": "value ~ x + C(block)", "term": "x", "blocks": "block"}),
    "sign_flip": ("tiny11_onesample", {"formula": "value ~ 1", "term": "Intercept", "scheme": "flip"}),
}


@cache
def _exact(case):
    """Give our results of a tiny design, and the figures."""
    file, how = _CASES[case]
    wide = read(file)
    regions = [name for name in wide.columns if name.startswith("y")]
    wide = wide.assign(subject=[f"s{number:02d}" for number in range(len(wide))])
    table = long_of(wide, regions, [name for name in wide.columns if name not in regions and name != "subject"])
    ours = permute(table, n_permutations=50_000, seed=1, **how)
    assert ours["exact"].all()
    theirs = expected("perm_exhaustive").query("case == @case")
    assert ours["region"].tolist() == theirs["y"].tolist()
    return ours, theirs


def _of_every(case, difference, ours, theirs):
    found, figures = _exact(case)
    return difference(found[ours], figures[theirs])


@cache
def _sampled():
    """Give our results of those who have all regions, and nilearn's."""
    table = cohort()
    complete = table.groupby("subject", observed=True)["value"].transform(lambda values: values.notna().all())
    found = permute(
        table[complete],
        "value ~ group + age + sex + eTIVc + site",
        term="group",
        n_permutations=100_000,
        seed=1,
        within=(),
    )
    figures = expected("perm_nilearn_100k")
    assert column_of(found).tolist() == figures["region"].tolist()
    return found, figures


def _of_nilearn(difference, ours, theirs):
    found, figures = _sampled()
    return difference(found[ours], figures[theirs])


_PRINTED = "the figures have ten digits"
_FILE = "perm_exhaustive.csv"
AGREEMENTS = [
    Agreement(
        f"permute, {case}",
        what,
        _EVERY,
        _FILE,
        1e-9,
        kind.__name__,
        partial(_of_every, case, kind, ours, theirs),
        _PRINTED,
    )
    for case in _CASES
    for what, kind, ours, theirs in (
        ("t", relative, "statistic", "t"),
        ("exact p", absolute, "p_permutation", "p_unc_exact"),
        ("exact p of the largest t", absolute, "p_fwe", "p_fwe_exact"),
    )
]
AGREEMENTS += [
    Agreement(
        f"permute, {case}",
        what,
        "PALM, 04095fe",
        _FILE,
        5.1e-5,
        "absolute",
        partial(_of_every, case, absolute, ours, theirs),
        "PALM prints four digits; designs where it counts ties of equal statistics as smaller are left out",
    )
    for case in ("age_adj_group", "within_block", "sign_flip")
    for what, ours, theirs in (
        ("t", "statistic", "palm_t"),
        ("exact p", "p_permutation", "palm_unc"),
        ("exact p of the largest t", "p_fwe", "palm_fwe"),
    )
]
AGREEMENTS += [
    Agreement(
        "permute",
        "t",
        "nilearn 0.14.1 permuted_ols",
        "perm_nilearn_100k.csv",
        5e-8,
        "relative",
        partial(_of_nilearn, relative, "statistic", "t"),
        "nilearn's figures have eight digits",
    ),
    Agreement(
        "permute",
        "p of the largest t",
        "nilearn 0.14.1 permuted_ols",
        "perm_nilearn_100k.csv",
        4e-3,
        "absolute",
        partial(_of_nilearn, absolute, "p_fwe", "p_fwe_100k"),
        "both draw 100,000 permutations at random",
    ),
]
