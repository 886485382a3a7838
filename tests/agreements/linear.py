"""Linear models, analysis of variance, marginal means and comparisons of groups, against R."""

from functools import cache

import pandas as pd

from agreements._case import Agreement, relative
from fsstats.stats.anova import anova
from fsstats.stats.compare import compare
from fsstats.stats.marginal import marginal_means, slopes
from fsstats.stats.model_fit import model_fit
from fsstats.stats.regress import regress
from reference_support import cohort, column_of, expected

R = "R 4.2.2"
MODEL = "value ~ group + age + sex + eTIVc + site"
TERMS = {
    "Intercept": "(Intercept)",
    "group[T.PT]": "groupPT",
    "sex[T.M]": "sexM",
    "site[T.S2]": "siteS2",
    "site[T.S3]": "siteS3",
    "site[T.S4]": "siteS4",
}
ERRORS = ("classical", "HC0", "HC1", "HC2", "HC3", "HC4")
DX = "dx3 + sex + age + eTIVc + site"


@cache
def regressed(std_errors="classical", weights=None):
    found = regress(cohort(), MODEL, std_errors=std_errors, weights=weights)
    return found.assign(name=column_of(found), term=found["term"].replace(TERMS)).set_index(["name", "term"])


def beside(found, theirs, keys=("region", "term")):
    """Give our rows in their order."""
    return found.loc[pd.MultiIndex.from_frame(theirs[list(keys)])]


def terms(ours, theirs, std_errors="classical", file="lm_terms"):
    other = expected(file)
    return relative(beside(regressed(std_errors), other)[ours], other[theirs])


def several(ours, theirs, found, keys):
    """Give the largest difference of several columns."""
    return max(relative(beside(found, theirs, keys)[one], theirs[two]) for one, two in ours.items())


def weighted():
    other = expected("wls_terms")
    columns = {"estimate": "estimate", "std_error": "se", "statistic": "t", "p_value": "p"}
    return several(columns, other, regressed(weights="weight"), ["region", "term"])


def standardised():
    other = expected("lm_betastd")
    other = other[other["term"].isin(["age", "eTIVc"])]
    return relative(beside(regressed(), other)["effect_size"], other["beta_std"])


def enigma(ours, theirs):
    other = expected("lm_cohend").assign(term="groupPT")
    return relative(beside(regressed(), other)[ours], other[theirs])


def adjusted_g():
    found = compare(cohort(), "group", covariates=["age", "sex", "eTIVc", "site"])
    found = found.set_index(column_of(found))
    other = expected("lm_cohend")
    return relative(found.loc[other["region"], "effect_size"], other["g_hedges"])


def partial(effect, theirs):
    other = expected("lm_terms").query("term != '(Intercept)'")
    found = regress(cohort(), MODEL, effect=effect)
    found = found.assign(name=column_of(found), term=found["term"].replace(TERMS)).set_index(["name", "term"])
    return relative(beside(found, other)["effect_size"], other[theirs])


def fits():
    other = expected("lm_model")
    found = model_fit(cohort(), MODEL)
    found = found.set_index(column_of(found)).loc[other["region"]]
    columns = {
        "n": "n",
        "df": "df_resid",
        "sigma": "sigma",
        "r_squared": "r2",
        "adj_r_squared": "adj_r2",
        "f": "F",
        "df_model": "df1",
        "p_value": "p_F",
        "log_likelihood": "logLik",
        "aic": "AIC",
        "bic": "BIC",
        "breusch_pagan_p": "bp_p",
        "max_cooks_distance": "max_cook",
        "max_leverage": "max_hat",
        "max_rstudent": "max_rstudent",
    }
    return max(relative(found[one], other[two]) for one, two in columns.items())


def normal():
    other = expected("lm_model")
    found = model_fit(cohort(), MODEL)
    return relative(found.set_index(column_of(found)).loc[other["region"], "shapiro_p"], other["shapiro_p"])


def variance(type_):
    other = expected("anova_type123").query(f"type == {type_}")
    found = anova(cohort(), "value ~ dx3 * sex + age + eTIVc + site", type=type_)
    found = found.assign(name=column_of(found)).set_index(["name", "term"])
    columns = {"sum_sq": "ss", "df_term": "df", "statistic": "F", "p_value": "p", "effect_size": "partial_eta2"}
    return several(columns, other, found, ["region", "term"])


def joint(std_errors, f, p):
    other = expected("joint_F_dx3")
    found = anova(cohort(), f"value ~ {DX}", terms=["dx3"], std_errors=std_errors)
    found = found.set_index(column_of(found)).loc[other["region"]]
    return max(relative(found["statistic"], other[f]), relative(found["p_value"], other[p]))


def region_by_region(verb):
    """Call a verb for each region alone, on the subjects that have it: R's grid is that of the region's own rows."""
    table = cohort().dropna(subset=["value"])
    parts = [
        verb(part) for _, part in table.groupby(["source", "region", "hemi", "measure"], observed=True, dropna=False)
    ]
    return pd.concat(parts, ignore_index=True)


def means():
    other = expected("lm_emmeans").assign(term=lambda d: "group[" + d["group"] + "]")
    found = region_by_region(lambda part: marginal_means(part, MODEL, "group"))
    found = found.assign(name=column_of(found)).set_index(["name", "term"])
    columns = {"estimate": "emmean", "std_error": "SE", "ci_low": "lower", "ci_high": "upper"}
    return several(columns, other, found, ["region", "term"])


def slope():
    other = expected("lm_interaction_group_age")
    formula = "value ~ group * age + sex + eTIVc + site"
    found = slopes(cohort(), formula, "age", by="group")
    found = found.assign(name=column_of(found)).set_index(["name", "term"])
    inter = regress(cohort(), formula, terms=["group:age"])
    inter = inter.set_index(column_of(inter)).loc[other["region"]]
    columns = {"estimate": "estimate", "std_error": "se", "statistic": "t", "p_value": "p"}
    gaps = [relative(inter[one], other[two]) for one, two in columns.items()]
    for level in ("CN", "PT"):
        own = found.loc[[(name, f"age: group[{level}]") for name in other["region"]]]
        gaps.append(relative(own["estimate"], other[f"slope_{level}"]))
        gaps.append(relative(own["std_error"], other[f"slope_{level}_se"]))
    return max(gaps)


def pairs(adjust, column):
    other = expected("emmeans_pairs_dx3").query(f"adjust == '{adjust}'")
    first, second = other["contrast"].str.split("-").str[0], other["contrast"].str.split("-").str[1]
    other = other.assign(term=second + " - " + first)
    found = compare(cohort(), "dx3", covariates=["sex", "age", "eTIVc", "site"], adjust="tukey")
    found = found.assign(name=column_of(found)).set_index(["name", "term"])
    own = beside(found, other)
    gaps = [relative(-own["estimate"], other["estimate"]), relative(own["std_error"], other["SE"])]
    return max(*gaps, relative(-own["statistic"], other["t"]), relative(own[column], other["p"]))


def two_groups(columns, **options):
    other = expected("two_sample")
    found = compare(cohort(), "group", **options)
    found = found.set_index(column_of(found)).loc[other["region"]]
    return max(relative(found[one], other[two]) for one, two in columns.items())


T = {"statistic": "t", "p_value": "p", "n_first": "n1", "n_second": "n2"}
WELCH = {"statistic": "welch_t", "df": "welch_df", "p_value": "welch_p"}
D = {"effect_size": "d"}
G = {"effect_size": "g"}
D_LIMITS = {"effect_low": "d_lo", "effect_high": "d_hi"}
G_LIMITS = {"effect_low": "g_lo", "effect_high": "g_hi"}
LIMITS = "R's effectsize finds them by a search that stops early"

AGREEMENTS = [
    Agreement("regress", "estimate", f"{R} lm", "lm_terms", 1e-8, "relative", lambda: terms("estimate", "estimate")),
    *(
        Agreement(
            f"regress, {kind}",
            "standard error",
            f"{R} sandwich",
            "lm_terms",
            1e-8,
            "relative",
            lambda kind=kind: terms("std_error", "se" if kind == "classical" else f"se_{kind}", kind),
        )
        for kind in ERRORS
    ),
    Agreement("regress", "t", f"{R} lm", "lm_terms", 1e-8, "relative", lambda: terms("statistic", "t")),
    Agreement("regress", "p", f"{R} lm", "lm_terms", 1e-8, "relative", lambda: terms("p_value", "p")),
    Agreement(
        "regress, HC3", "p", f"{R} sandwich", "lm_terms", 1e-8, "relative", lambda: terms("p_value", "p_HC3", "HC3")
    ),
    Agreement(
        "regress",
        "confidence limits",
        f"{R} lm",
        "lm_terms",
        1e-8,
        "relative",
        lambda: max(terms("ci_low", "ci_low"), terms("ci_high", "ci_high")),
    ),
    Agreement(
        "regress", "partial r", f"{R} lm", "lm_terms", 1e-8, "relative", lambda: partial("partial_r", "partial_r")
    ),
    Agreement(
        "regress",
        "partial eta squared",
        f"{R} lm",
        "lm_terms",
        1e-8,
        "relative",
        lambda: partial("partial_eta_squared", "partial_eta2"),
    ),
    Agreement("regress, weights", "estimate, standard error, t, p", f"{R} lm", "wls_terms", 1e-8, "relative", weighted),
    Agreement("regress", "standardised beta", f"{R} lm", "lm_betastd", 1e-8, "relative", standardised),
    Agreement(
        "regress",
        "Cohen's d (ENIGMA)",
        f"{R}, ENIGMA's formula",
        "lm_cohend",
        1e-8,
        "relative",
        lambda: enigma("effect_size", "d_enigma"),
    ),
    Agreement(
        "regress",
        "standard error of d",
        f"{R}, ENIGMA's formula",
        "lm_cohend",
        1e-8,
        "relative",
        lambda: enigma("effect_se", "se_enigma"),
    ),
    Agreement("compare, covariates", "Hedges' g", f"{R}", "lm_cohend", 1e-8, "relative", adjusted_g),
    Agreement("model_fit", "all but shapiro_p", f"{R} lm, lmtest", "lm_model", 1e-8, "relative", fits),
    Agreement(
        "model_fit",
        "shapiro_p",
        f"{R} shapiro.test",
        "lm_model",
        1e-5,
        "relative",
        normal,
        "both approximate the distribution of W by polynomials",
    ),
    *(
        Agreement(
            f"anova, type {type_}",
            "sum of squares, df, F, p, partial eta squared",
            f"{R} car",
            "anova_type123",
            1e-8,
            "relative",
            lambda type_=type_: variance(type_),
        )
        for type_ in (1, 2, 3)
    ),
    Agreement("anova", "joint F, p", f"{R} car", "joint_F_dx3", 1e-8, "relative", lambda: joint("classical", "F", "p")),
    Agreement(
        "anova, HC3", "joint F, p", f"{R} car", "joint_F_dx3", 1e-8, "relative", lambda: joint("HC3", "F_HC3", "p_HC3")
    ),
    Agreement("marginal_means", "mean, standard error, limits", f"{R} emmeans", "lm_emmeans", 1e-8, "relative", means),
    Agreement(
        "slopes",
        "interaction and slopes",
        f"{R} emmeans",
        "lm_interaction_group_age",
        1e-8,
        "relative",
        slope,
    ),
    Agreement(
        "compare, covariates",
        "difference, standard error, t, p",
        f"{R} emmeans",
        "emmeans_pairs_dx3",
        1e-8,
        "relative",
        lambda: pairs("none", "p_value"),
    ),
    Agreement(
        "compare, adjust='tukey'",
        "adjusted p",
        f"{R} emmeans",
        "emmeans_pairs_dx3",
        1e-5,
        "relative",
        lambda: pairs("tukey", "p_adjusted"),
        "R's ptukey is computed to about that",
    ),
    Agreement(
        "compare, equal_variance",
        "t, p, n",
        f"{R} t.test",
        "two_sample",
        1e-8,
        "relative",
        lambda: two_groups(T, equal_variance=True),
    ),
    Agreement("compare", "Welch's t, df, p", f"{R} t.test", "two_sample", 1e-8, "relative", lambda: two_groups(WELCH)),
    Agreement(
        "compare",
        "Cohen's d",
        f"{R} effectsize",
        "two_sample",
        1e-8,
        "relative",
        lambda: two_groups(D, effect="cohens_d"),
    ),
    Agreement("compare", "Hedges' g", f"{R} effectsize", "two_sample", 1e-8, "relative", lambda: two_groups(G)),
    Agreement(
        "compare",
        "limits of d",
        f"{R} effectsize",
        "two_sample",
        1e-5,
        "relative",
        lambda: two_groups(D_LIMITS, effect="cohens_d"),
        LIMITS,
    ),
    Agreement(
        "compare",
        "limits of g",
        f"{R} effectsize",
        "two_sample",
        1e-5,
        "relative",
        lambda: two_groups(G_LIMITS),
        LIMITS,
    ),
]
