"""Effect sizes against R's lm, emmeans and effectsize."""

from functools import cache, partial

import numpy as np

from agreements._case import Agreement, absolute, relative
from fsstats.stats import _noncentral as nc
from fsstats.stats import effect_sizes as es
from fsstats.stats.anova import anova
from fsstats.stats.marginal import marginal_means
from reference_support import cohort, column_of, expected, read

_MODEL = "value ~ group + age + sex + eTIVc + site"
_EFFECTSIZE = "R 4.2.2 effectsize"
_OPTIM = "effectsize searches for its limits by optim, to seven digits"


@cache
def _of_group():
    """Give R's t of the groups, what it makes of them, and our d."""
    figures = expected("lm_cohend")
    return figures, es.d_from_t(figures["t"], figures["df"], figures["n_PT"], figures["n_CN"])


@cache
def _of_two_samples():
    figures = expected("two_sample")
    given = [figures[name] for name in ("mean1", "mean2", "sd1", "sd2", "n1", "n2")]
    d = es.d_pooled(*given)
    return figures, d, es.hedges_g(d, figures["n1"] + figures["n2"] - 2, exact=True)


def _adjusted(part):
    figures, d = _of_group()
    g = es.hedges_g(d, figures["n_PT"] + figures["n_CN"] - 2)
    ours = {
        "d_enigma": d.size,
        "se_enigma": d.std_error,
        "ci_low_196": d.size - 1.96 * d.std_error,  # the scripts write 1.96; ours is the exact quantile
        "ci_high_196": d.size + 1.96 * d.std_error,
        "g_hedges": g.size,
    }
    return relative(ours[part], figures[part])


def _of_emmeans(part):
    figures = expected("lm_cohend")
    found = marginal_means(cohort(), _MODEL, "group", pairs="all")
    theirs = {"effect_size": -figures["emm_effsize_CN_PT"], "effect_se": figures["emm_effsize_SE"]}
    return relative(found.set_index(column_of(found)).loc[figures["region"], part], theirs[part])


def _f2():
    figures = expected("lm_cohend")
    found = anova(cohort(), _MODEL, terms=["group"], effect="cohens_f2")
    return relative(found.set_index(column_of(found)).loc[figures["region"], "effect_size"], figures["f2"])


def _noncentral():
    """Hold limits of the noncentrality against those of effectsize, which prints them as d = 2 t / sqrt(df)."""
    figures, _ = _of_group()
    low, high = nc.noncentral_t_limits(figures["t"], figures["df"])
    unit = 2 / np.sqrt(figures["df"])
    return absolute(np.stack([low * unit, high * unit]), figures[["t_to_d_lo", "t_to_d_hi"]].to_numpy().T)


def _two_samples(difference, *parts):
    figures, d, g = _of_two_samples()
    ours = {"d": d.size, "d_lo": d.low, "d_hi": d.high, "g": g.size, "g_lo": g.low, "g_hi": g.high}
    return max(difference(ours[part], figures[part]) for part in parts)


def _partial(part):
    terms = expected("lm_terms")
    df = terms["region"].map(expected("lm_model").set_index("region")["df_resid"])
    ours = {
        "partial_r": lambda: es.partial_r(terms["t"], df).size,
        "partial_eta2": lambda: es.partial_eta_squared(terms["t"] ** 2, 1, df).size,
    }
    return relative(ours[part](), terms[part])


def _standardised():
    """Hold slopes on one's own standard deviations against R's; a level is standardised there as well."""
    people = read("cohort").assign(eTIVc=lambda d: (d["eTIV"] - 1.5e6) / 1e5)
    columns = {name: people[name] for name in ("age", "eTIVc")} | {"groupPT": people["group"] == "PT"}
    columns |= {"sexM": people["sex"] == "M"} | {f"siteS{n}": people["site"] == f"S{n}" for n in range(2, 9)}
    figures = expected("lm_betastd").merge(expected("lm_terms"), on=["region", "term"])
    figures = figures[figures["term"].isin(columns)]
    ours = []
    for row in figures.itertuples():
        used = people[row.region].notna()
        spreads = columns[row.term][used].astype(float).std(), people.loc[used, row.region].std()
        ours.append(es.standardised_beta(row.estimate, row.se, *spreads, 100).size)
    return relative(np.array(ours), figures["beta_std"])


AGREEMENTS = [
    *(
        Agreement(
            "d_from_t",
            f"{what} of groups, adjusted",
            "R 4.2.2 lm, ENIGMA's formula",
            "lm_cohend.csv",
            1e-8,
            "relative",
            partial(_adjusted, part),
        )
        for part, what in {
            "d_enigma": "Cohen's d",
            "se_enigma": "standard error",
            "ci_low_196": "lower limit",
            "ci_high_196": "upper limit",
            "g_hedges": "Hedges' g",
        }.items()
    ),
    Agreement("anova, effect='cohens_f2'", "f2", "R 4.2.2 lm", "lm_cohend.csv", 1e-8, "relative", _f2),
    *(
        Agreement(
            "marginal_means, pairs='all'",
            what,
            "R 4.2.2 emmeans",
            "lm_cohend.csv",
            1e-8,
            "relative",
            partial(_of_emmeans, part),
        )
        for part, what in {"effect_size": "d = b / sigma", "effect_se": "standard error of d"}.items()
    ),
    Agreement(
        "noncentral_t_limits", "limits, as d", _EFFECTSIZE, "lm_cohend.csv", 1e-6, "absolute", _noncentral, _OPTIM
    ),
    Agreement(
        "d_pooled",
        "Cohen's d, Hedges' g (exact)",
        _EFFECTSIZE,
        "two_sample.csv",
        1e-8,
        "relative",
        partial(_two_samples, relative, "d", "g"),
    ),
    Agreement(
        "d_pooled",
        "limits of d and g",
        _EFFECTSIZE,
        "two_sample.csv",
        1e-6,
        "absolute",
        partial(_two_samples, absolute, "d_lo", "d_hi", "g_lo", "g_hi"),
        _OPTIM,
    ),
    *(
        Agreement(ours, theirs, "R 4.2.2 lm", "lm_terms.csv", 1e-8, "relative", partial(_partial, part))
        for part, (ours, theirs) in {
            "partial_r": ("partial_r", "partial r"),
            "partial_eta2": ("partial_eta_squared", "partial eta squared"),
        }.items()
    ),
    Agreement(
        "standardised_beta",
        "slope in standard deviations",
        "R 4.2.2 lm",
        "lm_betastd.csv",
        1e-8,
        "relative",
        _standardised,
    ),
]
