"""Harmonisation against sva, neuroCombat, neuroHarmonize, CovBat and longCombat; differences in SD of the region."""

import warnings
from functools import cache

import numpy as np

from agreements._case import Agreement, absolute, relative
from fsstats.errors import FsstatsWarning
from fsstats.stats.harmonise import apply_harmonisation, fit_harmonisation, harmonise
from fsstats.stats.site_effects import site_effects
from reference_support import REFERENCE, cohort, column_of, expected, longitudinal

_KEEP = "age + sex + group"
_LONG = "age_bl + sex + group * time"
_DIGITS = (
    "They stop when an estimate changes by less than 1e-4 of itself (earlier where it is negative); ours is the fixed "
    "point. Their files have ten digits."
)


@cache
def _complete():
    """Give the 12 regions, and the subjects that have them all."""
    wanted = expected("combat_sva_par")
    table = cohort()
    chosen = column_of(table).isin(wanted.columns) & table["subject"].isin(wanted["subject"])
    return table[chosen.to_numpy()].reset_index(drop=True)


def _wide(table):
    """Give a column a region."""
    return table.assign(column=column_of(table).to_numpy(), subject=table["subject"].astype(str)).pivot_table(
        index="subject", columns="column", values="value", observed=True
    )


def _in_sd(found, file, *, raw):
    """Give the largest difference from what a program gave, in SD of the region."""
    theirs = expected(file).set_index("subject")
    ours, sd = _wide(found).loc[theirs.index, theirs.columns], _wide(raw)[theirs.columns].std()
    return absolute(ours / sd, theirs / sd)


def _combat(file, keep=_KEEP, **options):
    table = _complete()
    return _in_sd(harmonise(table, keep=keep, within=(), **options), file, raw=table)


def _heldout(file, keep):
    table = _complete()
    names = (REFERENCE / "expected" / "combat_train_subjects.txt").read_text().split()
    train = table["subject"].isin(names)
    model = fit_harmonisation(table[train], keep=keep, within=())
    found = apply_harmonisation(table[~train], model)
    return _in_sd(found, file, raw=table)


def _longitudinal(file, scale):
    table = longitudinal()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FsstatsWarning)
        found = harmonise(table, site="scanner", keep=_LONG, method="longcombat", scale=scale, within=())
    theirs = expected(file)
    regions = theirs.columns[3:]

    def matrix(rows):
        named = rows.assign(column=column_of(rows).to_numpy(), subject=rows["subject"].astype(str))
        return named.pivot_table(index=["subject", "time"], columns="column", values="value", observed=True)

    keys = list(zip(theirs["subject"], theirs["time"], strict=True))
    sd = matrix(table)[regions].std().to_numpy()
    return absolute(matrix(found).loc[keys, regions].to_numpy() / sd, theirs[regions].to_numpy() / sd)


def _parameters(name):
    theirs = expected("combat_neuroCombatR_parameters").query("parameter == @name").drop(columns="parameter")
    model = fit_harmonisation(_complete(), keep=_KEEP, within=())
    table = model.table().assign(sd=model.common.scale.repeat(len(theirs)))
    own = {
        "gamma_hat": lambda rows: rows["raw_shift"] / rows["sd"],
        "delta_hat": lambda rows: rows["raw_ratio"] ** 2,
        "gamma_star": lambda rows: rows["shift"] / rows["sd"],
        "delta_star": lambda rows: rows["ratio"] ** 2,
    }[name](table)
    ours = own.to_numpy().reshape(-1, len(theirs)).T
    order = [list(dict.fromkeys(column_of(table))).index(one) for one in theirs.columns[1:]]
    return absolute(ours[:, order], theirs.iloc[:, 1:].to_numpy())


def _smooth_age():
    table = _complete()
    found = harmonise(table, keep="cr(age, df=5, constraints='center') + sex + group", within=())
    theirs = expected("combat_neuroHarmonize_smooth_age").set_index("subject")
    ours = _wide(found).loc[theirs.index, theirs.columns]
    return float(max(1 - np.corrcoef(ours[name], theirs[name])[0, 1] for name in theirs.columns))


def _site_test(ours, theirs):
    other = expected("anova_type123").query("type == 2 and term == 'site'").set_index("region")
    found = site_effects(cohort(), keep="dx3 * sex + age + eTIVc").query("term == 'site (mean)'")
    return relative(found.set_index(column_of(found))[ours].loc[other.index], other[theirs])


def _case(
    method,
    program,
    file,
    difference,
    tolerance=1e-6,
    why=_DIGITS,
    quantity="harmonised values",
    kind="SD of the region",
):
    return Agreement(method, quantity, program, file, tolerance, kind, difference, why)


_SVA = "R sva 3.46"
_R = "R neuroCombat"
AGREEMENTS = [
    _case("harmonise", _SVA, "combat_sva_par", lambda: _combat("combat_sva_par")),
    _case("harmonise", _R, "combat_neuroCombatR", lambda: _combat("combat_neuroCombatR")),
    _case("harmonise", "Python neuroCombat 0.2.12", "combat_neuroCombatPy", lambda: _combat("combat_neuroCombatPy")),
    _case(
        "harmonise",
        "neuroHarmonize 2.5.2",
        "combat_neuroHarmonize_linear",
        lambda: _combat("combat_neuroHarmonize_linear"),
    ),
    _case("harmonise, nothing kept", _SVA, "combat_sva_nomod", lambda: _combat("combat_sva_nomod", keep="")),
    _case(
        "harmonise, reference_site", _SVA, "combat_sva_refS1", lambda: _combat("combat_sva_refS1", reference_site="S1")
    ),
    _case(
        "harmonise, parametric=False",
        _SVA,
        "combat_sva_nonpar",
        lambda: _combat("combat_sva_nonpar", parametric=False),
        1e-8,
        "",
    ),
    _case(
        "harmonise, mean_only",
        _SVA,
        "combat_sva_meanonly",
        lambda: _combat("combat_sva_meanonly", mean_only=True),
        1e-8,
        "",
    ),
    _case(
        "harmonise, empirical_bayes=False",
        _R,
        "combat_neuroCombatR_noEB",
        lambda: _combat("combat_neuroCombatR_noEB", empirical_bayes=False),
        1e-8,
        "",
    ),
    *(
        _case(
            "fit_harmonisation",
            _R,
            "combat_neuroCombatR_parameters",
            lambda name=name: _parameters(name),
            1e-6 if name.endswith("star") else 1e-9,
            _DIGITS if name.endswith("star") else "",
            name,
            "absolute",
        )
        for name in ("gamma_hat", "delta_hat", "gamma_star", "delta_star")
    ),
    _case(
        "apply_harmonisation",
        "neuroHarmonize 2.5.2",
        "combat_neuroHarmonize_heldout",
        lambda: _heldout("combat_neuroHarmonize_heldout", _KEEP),
        tolerance=2e-6,
        why=f"{_DIGITS} With their stopping rule the difference is 5e-8.",
    ),
    _case(
        "apply_harmonisation, nothing kept",
        _R,
        "combat_neuroCombatR_heldout_no_mod",
        lambda: _heldout("combat_neuroCombatR_heldout_no_mod", ""),
    ),
    _case("harmonise, covbat", "R CovBat", "covbat", lambda: _combat("covbat", method="covbat")),
    _case(
        "harmonise, longcombat, scale reml",
        "R longCombat",
        "longcombat_REML",
        lambda: _longitudinal("longcombat_REML", "reml"),
    ),
    _case(
        "harmonise, longcombat, scale msr",
        "R longCombat",
        "longcombat_MSR",
        lambda: _longitudinal("longcombat_MSR", "msr"),
    ),
    _case(
        "harmonise, natural spline of age",
        "neuroHarmonize 2.5.2, smooth age",
        "combat_neuroHarmonize_smooth_age",
        _smooth_age,
        1e-3,
        "They choose the penalty of their spline by random cross-validation; ours is a fixed basis.",
        "1 - correlation",
        "absolute",
    ),
    *(
        _case(
            "site_effects",
            "R 4.2.2 car::Anova",
            "anova_type123",
            lambda ours=ours, theirs=theirs: _site_test(ours, theirs),
            1e-9,
            "",
            ours,
            "relative",
        )
        for ours, theirs in (("statistic", "F"), ("p_value", "p"), ("effect_size", "partial_eta2"))
    ),
]
