"""Mixed models against lme4 with lmerTest, and nlme."""

import warnings
from functools import cache, partial

import pandas as pd

from agreements._case import Agreement, absolute, relative
from fsstats.stats.mixed import compare_mixed, mixed, variance_components
from reference_support import cohort, column_of, expected, longitudinal

_CROSS = "value ~ group + age + sex + eTIVc"
_LONG = "value ~ time * group + agec + sex"
_MODELS = {
    "site_RI": (cohort, _CROSS, {"groups": "site"}),
    "site_RI_ML": (cohort, _CROSS, {"groups": "site", "method": "ML"}),
    "family_RI": (cohort, f"{_CROSS} + site", {"groups": "family"}),
    "RI": (longitudinal, _LONG, {}),
    "RIS": (longitudinal, _LONG, {"slope": "time"}),
    "site+subject": (longitudinal, _LONG, {"groups": ["site", "subject"]}),
}
_R = "R 4.2.2 lme4, lmerTest"
_LIMIT = "the other program's search for the maximum stops that far from it"


@cache
def _scaled(make):
    """Give the cohort with values in units of their standard deviation, as the R script has it."""
    table = make()
    table["column"] = column_of(table).to_numpy()
    return table.assign(value=table["value"] / table.groupby("column")["value"].transform("std")).drop(columns="column")


@cache
def _fitted(verb, model):
    make, formula, options = _MODELS[model]
    with warnings.catch_warnings(action="ignore"):  # three and four sites are few
        found = verb(_scaled(make), formula, **options)
    return found.assign(column=column_of(found).to_numpy())


def _plain(terms):
    """Write terms as R does."""
    return terms.str.replace(r"\[T\.(\w+)\]", r"\1", regex=True).replace("Intercept", "(Intercept)")


def _of_terms(ours, theirs):
    """Give both in the order of theirs."""
    ours = ours.assign(term=_plain(ours["term"])).set_index(["column", "term"])
    return ours.loc[pd.MultiIndex.from_frame(theirs[["region", "term"]])]


def _terms(model, file, pairs, measure=relative):
    theirs = expected(file)
    theirs = theirs[theirs["model"] == model] if "model" in theirs else theirs
    ours = _of_terms(_fitted(mixed, model), theirs)
    return max(measure(ours[one], theirs[other]) for one, other in pairs.items())


def _components(model, file):
    """Compare variances and covariances, which are in units of the variance of the values: absolutely."""
    theirs = expected(file)
    theirs = theirs[theirs["model"] == model]
    both = theirs["var2"].notna()
    term = theirs["var1"].where(~both, "covariance").where(theirs["grp"] != "Residual", "Residual")
    theirs = theirs.assign(term=term.replace("(Intercept)", "Intercept"))
    ours = _fitted(variance_components, model).set_index(["column", "group", "term"])
    ours = ours.loc[pd.MultiIndex.from_frame(theirs[["region", "grp", "term"]])]
    assert (ours["singular"].to_numpy() == (theirs["singular"].astype(str).str.upper() == "TRUE").to_numpy()).all()
    return absolute(ours["variance"], theirs["vcov"])


def _likelihood(model, file):
    theirs = expected(file)
    theirs = theirs[theirs["model"] == model].groupby("region", sort=False)["logLik"].first()
    ours = _fitted(variance_components, model).groupby("column")["log_likelihood"].first()
    return absolute(ours.loc[theirs.index], theirs)


def _ratio():
    make, full, _ = _MODELS["RI"]
    ours = compare_mixed(_scaled(make), full, "value ~ time + group + agec + sex")
    theirs = expected("lmer_long_lrt_time_group").set_index("region").loc[column_of(ours)]
    pairs = {"statistic": "chisq", "df_term": "df", "p_value": "p"}
    return max(relative(ours[one], theirs[other]) for one, other in pairs.items())


def _cases():
    for model, (make, _, options) in _MODELS.items():
        kind = "cross" if make is cohort else "long"
        said = "".join(f", {name}={value!r}" for name, value in options.items())
        fixed, varcomp = f"lmer_{kind}_fixed", f"lmer_{kind}_varcomp"
        pairs = {"estimate": "estimate", "std_error": "se", "statistic": "t"}
        of_fixed, of_components = partial(_terms, model, fixed), partial(_components, model, varcomp)
        yield Agreement(
            f"mixed{said}", "estimate, standard error, t", _R, fixed, 1e-5, "relative", partial(of_fixed, pairs), _LIMIT
        )
        df = partial(of_fixed, {"df": "df_satt"})
        why = "both differentiate by finite differences"
        yield Agreement(f"mixed{said}", "Satterthwaite's degrees of freedom", _R, fixed, 1e-5, "relative", df, why)
        p = partial(of_fixed, {"p_value": "p_satt"}, absolute)
        yield Agreement(f"mixed{said}", "p", _R, fixed, 1e-6, "absolute", p, _LIMIT)
        method = f"variance_components{said}"
        unit = "of the values' variance"
        yield Agreement(method, "variances, covariance", _R, varcomp, 1e-6, unit, of_components, _LIMIT)
        likelihood = partial(_likelihood, model, varcomp)
        yield Agreement(method, "log-likelihood", _R, varcomp, 1e-8, "absolute", likelihood)
    ratio = "lmer_long_lrt_time_group"
    yield Agreement("compare_mixed", "chi2, degrees of freedom, p", f"{_R}, anova", ratio, 1e-8, "relative", _ratio)
    nlme = partial(_terms, "RI", "nlme_long_RI", {"estimate": "estimate", "std_error": "se", "statistic": "t"})
    yield Agreement(
        "mixed", "estimate, standard error, t", "R 4.2.2 nlme", "nlme_long_RI", 1e-6, "relative", nlme, _LIMIT
    )


AGREEMENTS = [*_cases()]
