"""Results of several sites, pooled: fixed and random effects, leave one out, Egger's test."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from fsstats._frames import FloatArray, Positions, as_words, first_row, require
from fsstats.errors import TableError, UnknownNameError, warn
from fsstats.schema import CELL, FURTHER_RESULT_COLUMNS, RESULTS
from fsstats.stats._ols import interval, t_test
from fsstats.stats._pooling import METHODS, TESTS, MetaMethod, MetaTest, Pooled, pool, regress_on_error
from fsstats.stats._results import results_table
from fsstats.stats.by_site import refuse_taken, stacked
from fsstats.stats.effect_sizes import require_level
from fsstats.tables.panel import BoolArray, number

Value = Literal["effect_size", "estimate"]
Results = pd.DataFrame | Mapping[str, pd.DataFrame]
Objects = npt.NDArray[np.object_]
META_COLUMNS: Final = {
    "k": "Sites that were pooled.",
    "tau2": "Variance between sites, in squared units of the estimate (of a correlation, of Fisher's z).",
    "tau2_low": "Lower confidence limit of tau2, by Q profile.",
    "tau2_high": "Upper confidence limit of tau2, by Q profile.",
    "i2": "Share of the variance that lies between sites, in per cent.",
    "h2": "Variance of the estimates over what their standard errors explain.",
    "q": "Cochran's Q, the test statistic of heterogeneity.",
    "q_df": "Its degrees of freedom.",
    "q_p": "Its p-value, by chi2.",
    "prediction_low": "Lower limit for the effect in a further site.",
    "prediction_high": "Upper limit for the effect in a further site.",
}
"""What `meta` adds behind the columns of the results table."""
_PAIRS: Final[Mapping[str, tuple[str, str]]] = {
    "effect_size": ("effect_size", "effect_se"),
    "estimate": ("estimate", "std_error"),
}
"""What is pooled, and its standard error."""
_KEY: Final = (*CELL, "term")
_UNITLESS: Final = "unitless"
_HUGE: Final = 1e50
"""Numbers of this size are none, and neither are their inverses: their fourth powers cannot be held."""
_COUNTS: Final = ("n", "n_first", "n_second", "n_missing")
_TESTED_BY: Final[Mapping[str, str]] = {
    "knha": "t by Knapp and Hartung",
    "adhoc": "t by Knapp and Hartung, standard error not below that of z",
    "z": "z",
}


@dataclass(frozen=True, slots=True)
class _Study:
    """Results of all sites as matrices, of the shape (sites, rows of the pooled table)."""

    labels: pd.DataFrame
    """A row a pooled row: source, hemi, region, measure, term, unit and effect_name."""
    sites: list[str]
    value: Value
    given: FloatArray
    """What is pooled, as the tables have it; NaN where a site is left out."""
    std_errors: FloatArray
    counts: Mapping[str, FloatArray]
    """n, n_first, n_second and n_missing; NaN where the tables do not have them."""
    reasons: Objects
    """Why a site is left out, or None."""
    remarks: Objects
    """What a site's own table says of a number that is used, or None."""

    @property
    def used(self) -> BoolArray:
        return np.isfinite(self.given)

    @property
    def correlations(self) -> BoolArray:
        """Which rows are correlations, and pooled as Fisher's z."""
        names = self.labels["effect_name"].astype("object").map(str)
        return np.asarray((self.value == "effect_size") & names.str.endswith("_r").to_numpy(dtype=np.bool_))

    def without(self, place: int) -> "_Study":
        """Give the study with no number of one site."""
        other = (np.arange(len(self.sites)) != place)[:, None]
        counts = {name: np.where(other, counted, np.nan) for name, counted in self.counts.items()}
        given, std_errors = (np.where(other, one, np.nan) for one in (self.given, self.std_errors))
        remarks = self.remarks.copy()
        remarks[place] = None
        return replace(self, given=given, std_errors=std_errors, counts=counts, remarks=remarks)


def meta(
    results: Results,
    *,
    site: str = "site",
    value: Value = "effect_size",
    method: MetaMethod = "REML",
    test: MetaTest | None = None,
    minimum: int = 0,
    conf_level: float = 0.95,
) -> pd.DataFrame:
    r"""Pool the results of several sites, region by region and term by term.

    Parameters
    ----------
    results : DataFrame, or mapping of str to DataFrame
        The results tables of all sites below each other, with a column that names the site (`by_site`); or the table
        of each site. Rows of equal source, hemi, region, measure and term are pooled. Of the results table's columns
        these are needed, and unit, n, what is pooled and its standard error; tables of other programs will do.
    site : str
        The column that names the site.
    value : {"effect_size", "estimate"}
        What is pooled: the effect size (with ``effect_se``), or the estimate in its unit (with ``std_error``).
    method : {"REML", "DL", "EE", "ML", "PM"}
        How the variance between sites is estimated: restricted maximum likelihood, DerSimonian and Laird, none (equal
        effects, also called fixed effect), maximum likelihood, Paule and Mandel.
    test : {"knha", "adhoc", "z"}, optional
        ``knha``: Knapp and Hartung's t with k - 1 degrees of freedom; the default, but for EE, which has z. ``adhoc``:
        the same, with a standard error never below that of z.
    minimum : int
        A site with fewer rows than this, in either group if the term compares two, is left out of the region.
    conf_level : float
        Of all intervals.

    Returns
    -------
    DataFrame
        The results table, and behind it the columns of `META_COLUMNS`. ``n``, ``n_first`` and ``n_second`` are sums
        over the sites used; ``n_missing`` counts the rows that sites lack, and those of sites that were left out.
        ``note`` names each site that is left out, and why: it has no such row, no number, a standard error that is
        0 or less, missing or infinite, or fewer rows than `minimum`. Of one site alone its own numbers stand there,
        with z.

    Raises
    ------
    ColumnsError
        If a column of the results table is lacking, or the one that names the site.
    TableError
        If a site has a row twice, a row has no site, sites differ in the unit or the kind of effect size, or another
        column of the results has the name `site`.
    UnknownNameError
        If `value`, `method` or `test` are none of the above.

    Warns
    -----
    FsstatsWarning
        If the sites were analysed by different methods.

    Notes
    -----
    With weights :math:`w_i = 1 / (se_i^2 + \tau^2)` the pooled effect is :math:`\sum w_i d_i / \sum w_i`, its standard
    error :math:`1 / \sqrt{\sum w_i}`, by Knapp and Hartung times :math:`\sqrt{\sum w_i (d_i - d)^2 / (k - 1)}` [1]_.
    This nearly keeps the level with few sites, where z is too bold: of 4 to 10 simulated sites that differ (tau 0.3,
    standard errors 0.15 to 0.3) and have no common effect it finds one in 5.2 to 5.6 %, z in 8 to 11 %. But of sites
    that happen to agree closely it gives a smaller standard error than z does. ``adhoc`` prevents this, and is then
    too cautious (0.1 to 2.6 % where tau is 0). REML [2]_ looks for the largest likelihood on a grid and then for the
    zero of its slope.

    The prediction interval is d -+ t sqrt(se^2 + tau2), with the quantile of the test (k - 1 degrees of freedom, as
    in metafor; others take k - 2). It takes tau2 for known, and is too narrow where sites are few and differ little
    more than their standard errors let them: of the 5 or 10 sites above it held a further site's effect in 88 or 89 %
    in place of 95 %; where the differences were large it held 94 to 95 %.

    I2 is tau2 / (tau2 + typical variance within sites), of EE (Q - df) / Q. Limits of tau2 are Q profiles [3]_, and
    need not hold an estimate by another method.

    Correlations (effect names that end in ``_r``) are pooled as Fisher's z with se / (1 - r^2), and turned back;
    tau2 is then of z. Partial eta squared has no standard error, so there is nothing to pool.

    References
    ----------
    .. [1] Knapp G, Hartung J (2003). Improved tests for a random effects meta-regression with a single covariate.
       Statistics in Medicine 22, 2693-2710.
    .. [2] Viechtbauer W (2005). Bias and efficiency of meta-analytic variance estimators in the random-effects model.
       Journal of Educational and Behavioral Statistics 30, 261-293.
    .. [3] Viechtbauer W (2007). Confidence intervals for the amount of heterogeneity in meta-analysis. Statistics in
       Medicine 26, 37-52.

    Examples
    --------
    >>> sites = pd.DataFrame(
    ...     {"site": ["M1", "M2", "M3"], "source": "aseg", "hemi": "lh", "region": "Left-Amygdala", "measure": "volume"}
    ...     | {"term": "patient - control", "unit": "mm^3", "n": [80, 120, 60], "effect_name": "cohens_d"}
    ...     | {"effect_size": [-0.1, -0.5, -0.2], "effect_se": [0.22, 0.18, 0.26]}
    ... )
    >>> meta(sites)[["term", "estimate", "std_error", "df", "p_value", "k", "i2"]].round(3)
                    term  estimate  std_error   df  p_value    k      i2
    0  patient - control    -0.299      0.128  2.0    0.144  3.0  19.194
    """
    chosen = _test(method, test, conf_level)
    study = _study(results, site, value, minimum, needed_by="meta")
    return _pooled_table(study, method, chosen, conf_level)


def leave_one_out(
    results: Results,
    *,
    site: str = "site",
    value: Value = "effect_size",
    method: MetaMethod = "REML",
    test: MetaTest | None = None,
    minimum: int = 0,
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """Pool again without each of the sites in turn, to see whether one alone makes the result.

    Parameters
    ----------
    results : DataFrame, or mapping of str to DataFrame
        As for `meta`; so for all that follows.
    site, value, method, test, minimum, conf_level : optional
        The sites, what is pooled, and how.

    Returns
    -------
    DataFrame
        What `meta` gives, a row per region, term and site that was pooled, with the site in the last column,
        ``left_out``.

    Raises
    ------
    ColumnsError, TableError, UnknownNameError
        As `meta` does.

    Examples
    --------
    >>> sites = pd.DataFrame(
    ...     {"site": ["M1", "M2", "M3"], "source": "aseg", "hemi": "lh", "region": "Left-Amygdala", "measure": "volume"}
    ...     | {"term": "patient - control", "unit": "mm^3", "n": [80, 120, 60], "effect_name": "cohens_d"}
    ...     | {"effect_size": [-0.1, -0.5, -0.2], "effect_se": [0.22, 0.18, 0.26]}
    ... )
    >>> leave_one_out(sites, method="EE")[["left_out", "estimate", "k", "i2"]].round(2)
      left_out  estimate    k    i2
    0       M1     -0.40  2.0   0.0
    1       M2     -0.14  2.0   0.0
    2       M3     -0.34  2.0  49.5
    """
    chosen = _test(method, test, conf_level)
    study = _study(results, site, value, minimum, needed_by="leave_one_out")
    parts = [_pooled_table(study, method, chosen, conf_level).iloc[:0].assign(left_out=pd.Series(dtype="str"))]
    order = [np.empty(0, dtype=np.intp)]
    for place, name in enumerate(study.sites):
        rows = np.flatnonzero(study.used[place])
        table = _pooled_table(study.without(place), method, chosen, conf_level).iloc[rows]
        parts.append(table.assign(left_out=pd.Series(name, index=table.index, dtype="str")))
        order.append(rows)
    whole = pd.concat(parts, ignore_index=True)
    return whole.iloc[np.argsort(np.concatenate(order), kind="stable")].reset_index(drop=True)


def meta_weights(
    results: Results,
    *,
    site: str = "site",
    value: Value = "effect_size",
    method: MetaMethod = "REML",
    minimum: int = 0,
) -> pd.DataFrame:
    """Give the weight of each site in the pooled effect, for a forest plot.

    Parameters
    ----------
    results : DataFrame, or mapping of str to DataFrame
        As for `meta`; so for all that follows.
    site, value, method, minimum : optional
        The sites, what is pooled, and how.

    Returns
    -------
    DataFrame
        A row per region, term and site: source, hemi, region, measure, term, `site`, estimate, std_error,
        weight_percent, n and note. Weights of a region add up to 100; of a site that is left out the numbers are NaN,
        and ``note`` says why.

    Raises
    ------
    ColumnsError, TableError, UnknownNameError
        As `meta` does.

    Examples
    --------
    >>> sites = pd.DataFrame(
    ...     {"site": ["M1", "M2", "M3"], "source": "aseg", "hemi": "lh", "region": "Left-Amygdala", "measure": "volume"}
    ...     | {"term": "patient - control", "unit": "mm^3", "n": [80, 120, 60], "effect_name": "cohens_d"}
    ...     | {"effect_size": [-0.1, -0.5, -0.2], "effect_se": [0.22, 0.18, 0.26]}
    ... )
    >>> meta_weights(sites, method="EE")[["site", "estimate", "weight_percent"]].round(1)
      site  estimate  weight_percent
    0   M1      -0.1            31.2
    1   M2      -0.5            46.5
    2   M3      -0.2            22.3
    """
    chosen = _test(method, None, 0.95)
    study = _study(results, site, value, minimum, needed_by="meta_weights")
    n_sites, n_rows = study.given.shape
    numbers = {
        "estimate": study.given,
        "std_error": study.std_errors,
        "weight_percent": _pooled(study, method, chosen, 0.95).weights,
        "n": np.where(study.used, study.counts["n"], np.nan),
    }
    labels = study.labels[list(_KEY)].iloc[np.repeat(np.arange(n_rows), n_sites)].reset_index(drop=True)
    return labels.assign(
        **{site: pd.Series(study.sites * n_rows, index=labels.index, dtype="str")},
        **{name: matrix.T.ravel() for name, matrix in numbers.items()},
        note=pd.Series(study.reasons.T.ravel(), index=labels.index, dtype="str"),
    )


def egger(
    results: Results,
    *,
    site: str = "site",
    value: Value = "effect_size",
    minimum: int = 0,
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """Test whether small sites have other effects than large ones: Egger's regression.

    Parameters
    ----------
    results : DataFrame, or mapping of str to DataFrame
        As for `meta`; so for all that follows.
    site, value, minimum, conf_level : optional
        The sites, and what is regressed.

    Returns
    -------
    DataFrame
        The results table and the column ``k``. ``estimate`` is the change of the effect per unit of its standard
        error; it is 0 where the funnel is even. It needs 3 sites of different standard errors, and says little below
        10.

    Raises
    ------
    ColumnsError, TableError, UnknownNameError
        As `meta` does.

    Notes
    -----
    The effects are regressed on their standard errors with weights 1 / se^2, and the slope is tested by t with k - 2
    degrees of freedom: Egger's own test, metafor's ``regtest(model="lm")``. The standard error of a d depends on d
    itself, so that large effects look uneven also where no study is missing. In a consortium that pools every site it
    tells of differences between small and large sites, not of unpublished studies.

    References
    ----------
    Egger M, Davey Smith G, Schneider M, Minder C (1997). Bias in meta-analysis detected by a simple, graphical test.
    BMJ 315, 629-634.

    Examples
    --------
    >>> sites = pd.DataFrame(
    ...     {"site": ["M1", "M2", "M3"], "source": "aseg", "hemi": "lh", "region": "Left-Amygdala", "measure": "volume"}
    ...     | {"term": "patient - control", "unit": "mm^3", "n": [80, 120, 60], "effect_name": "cohens_d"}
    ...     | {"effect_size": [-0.1, -0.5, -0.2], "effect_se": [0.22, 0.18, 0.26]}
    ... )
    >>> egger(sites)[["term", "estimate", "statistic", "df", "p_value"]].round(2)
                    term  estimate  statistic   df  p_value
    0  patient - control       4.5       1.26  1.0     0.43
    """
    require_level(conf_level)
    study = _study(results, site, value, minimum, needed_by="egger")
    slope, std_error, df = regress_on_error(*_scaled(study))
    statistic, p_value = t_test(slope, std_error, df)
    low, high = interval(slope, std_error, df, conf_level)
    k = study.used.sum(axis=0)
    says = np.where(k < 3, "fewer than 3 sites", np.where(np.isnan(df), "all standard errors are equal", ""))
    tested = {
        "estimate": slope,
        "std_error": std_error,
        "statistic": statistic,
        "df_term": 1.0,
        "df": df,
        "p_value": p_value,
        "ci_low": low,
        "ci_high": high,
        "method": "regression of the effects on their standard errors, weights 1 / se^2 (Egger); t",
    }
    return _table(study, says, tested).assign(unit=_UNITLESS, k=k.astype(np.float64))


def _test(method: str, test: str | None, conf_level: float) -> MetaTest:
    """Choose the test, and refuse what does not exist."""
    require_level(conf_level)
    if method not in METHODS:
        raise UnknownNameError.among("method of meta-analysis", method, METHODS)
    if test is not None and test not in TESTS:
        raise UnknownNameError.among("test of a meta-analysis", test, TESTS)
    return next((one for one in TESTS if one == test), "z" if method == "EE" else "knha")


def _study(results: Results, site: str, value: Value, minimum: int, *, needed_by: str) -> _Study:
    """Arrange the rows of all sites as matrices, and take out what cannot be pooled."""
    if value not in _PAIRS:
        raise UnknownNameError.among("value to pool", value, _PAIRS)
    refuse_taken(site, RESULTS, FURTHER_RESULT_COLUMNS)
    alike = "unit" if value == "estimate" else "effect_name"
    table = results if isinstance(results, pd.DataFrame) else stacked(results, site)
    require(table, dict.fromkeys([site, *_KEY, "unit", "n", *_PAIRS[value], alike]), needed_by=needed_by)
    names = as_words(table[site])
    if names.isna().any():
        message = f"{int(names.isna().sum())} of {len(table)} rows have no {site}"
        raise TableError(message)
    row, first = number(table, _KEY)
    place, first_of_site = number(names.to_frame(site), [site])
    shape = (len(first_of_site), len(first))
    labels = table[list(_KEY)].iloc[first].astype("str").reset_index(drop=True)
    _refuse_repeats(labels, names, row, place)
    for column in ("unit", "effect_name"):
        found, mixed = _one_each(table, column, row, len(first))
        labels[column] = pd.Series(found, dtype="str")
        if column == alike:
            _refuse_mixed(labels, column, mixed)
    _warn_of_methods(_one_each(table, "method", row, len(first))[1])
    there = np.zeros(shape, dtype=np.bool_)
    there[place, row] = True

    def spread(column: str) -> FloatArray:
        matrix = np.full(shape, np.nan)
        if column in table.columns:
            matrix[place, row] = _numbers(table[column])
        return matrix

    given, std_errors = (spread(column) for column in _PAIRS[value])
    counts = {column: spread(column) for column in _COUNTS}
    nothing: Objects = np.full(shape, None, dtype=object)
    remarks = nothing.copy()
    if "note" in table.columns:
        remarks[place, row] = table["note"].astype("object").where(table["note"].notna(), None)
    sites = names.iloc[first_of_site].tolist()
    return _usable(_Study(labels, sites, value, given, std_errors, counts, nothing, remarks), there, minimum)


def _numbers(column: pd.Series) -> FloatArray:
    try:
        return pd.to_numeric(column).to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        message = f"the column {column.name} must hold numbers: {error}"
        raise TableError(message) from error


def _usable(study: _Study, there: BoolArray, minimum: int) -> _Study:
    """Take numbers out that cannot be pooled, and say why."""
    reasons: Objects = np.full(there.shape, "", dtype=object)
    number_name, error_name = (name.replace("_", " ").replace("std", "standard") for name in _PAIRS[study.value])
    smaller = np.fmin(study.counts["n_first"], study.counts["n_second"])
    smaller = np.where(np.isnan(smaller), study.counts["n"], smaller)
    causes = (
        (~there, "no such row"),
        (~(np.abs(study.given) < _HUGE), f"no {number_name}"),
        (study.correlations & (np.abs(study.given) >= 1), "a correlation of 1"),
        (~(study.std_errors < _HUGE), f"no {error_name}"),
        (study.std_errors <= 1 / _HUGE, f"{error_name} of 0 or less"),
        (smaller < minimum, f"fewer than {minimum:g} rows"),
    )
    for where, text in causes:
        reasons[where & (reasons == "")] = text
    out = (reasons != "").astype(np.bool_)
    for at in zip(*np.nonzero(out), strict=True):
        reasons[at] += "" if study.remarks[at] is None else f": {study.remarks[at]}"
    reasons[~out] = None
    remarks = study.remarks.copy()
    remarks[out] = None
    given, std_errors = (np.where(out, np.nan, one) for one in (study.given, study.std_errors))
    return replace(study, given=given, std_errors=std_errors, reasons=reasons, remarks=remarks)


def _one_each(table: pd.DataFrame, column: str, row: Positions, n: int) -> tuple[Objects, dict[int, list[str]]]:
    """Give the one text that a column has in each pooled row, and where it has several, which."""
    found: Objects = np.full(n, None, dtype=object)
    mixed: dict[int, list[str]] = {}
    if column in table.columns:
        pairs = pd.DataFrame({"row": row, "text": table[column].astype("object").to_numpy()}).dropna().drop_duplicates()
        found[pairs["row"].to_numpy()] = pairs["text"]
        several = pairs[pairs["row"].duplicated(keep=False)]
        mixed = {int(str(at)): own["text"].map(str).tolist() for at, own in several.groupby("row", sort=False)}
    return found, mixed


def _said(labels: pd.DataFrame, at: int) -> str:
    return first_row(labels[list(_KEY)].iloc[at:])


def _refuse_repeats(labels: pd.DataFrame, names: pd.Series, row: Positions, place: Positions) -> None:
    twice = pd.Series(place * len(labels) + row).duplicated().to_numpy()
    if twice.any():
        at = int(np.flatnonzero(twice)[0])
        message = (
            f"{int(twice.sum())} row(s) occur twice in a site, the first is {_said(labels, int(row[at]))} in "
            f"{names.iloc[at]}; pool the results of one model at a time"
        )
        raise TableError(message)


def _refuse_mixed(labels: pd.DataFrame, column: str, mixed: Mapping[int, list[str]]) -> None:
    for at, texts in mixed.items():
        message = f"{_said(labels, at)}: the sites differ in {column}: {', '.join(texts)}; what is pooled must be alike"
        raise TableError(message)


def _warn_of_methods(mixed: Mapping[int, list[str]]) -> None:
    for texts in [*mixed.values()][:1]:
        warn(f"the sites were analysed by different methods: {' | '.join(texts)}")


def _scaled(study: _Study) -> tuple[FloatArray, FloatArray]:
    """Give what is pooled on the scale on which it is: a correlation as Fisher's z."""
    of_r = study.correlations
    r = np.where(of_r, study.given, 0.0)
    return np.where(of_r, np.arctanh(r), study.given), study.std_errors / (1 - r**2)


def _pooled(study: _Study, method: MetaMethod, test: MetaTest, conf_level: float) -> Pooled:
    return pool(*_scaled(study), method=method, test=test, conf_level=conf_level)


def _pooled_table(study: _Study, method: MetaMethod, test: MetaTest, conf_level: float) -> pd.DataFrame:
    found = _pooled(study, method, test, conf_level)
    of_r = study.correlations

    def back(numbers: FloatArray) -> FloatArray:
        return np.where(of_r, np.tanh(np.where(of_r, numbers, 0.0)), numbers)

    size = {"estimate": back(found.estimate), "ci_low": back(found.low), "ci_high": back(found.high)}
    size["std_error"] = found.std_error * np.where(of_r, 1 - size["estimate"] ** 2, 1.0)
    columns: dict[str, object] = {
        **size,
        "statistic": found.statistic,
        "df_term": 1.0,
        "df": found.df,
        "p_value": found.p_value,
        "method": _method(method, test, of_r),
    }
    if study.value == "effect_size":
        names = ("effect_size", "effect_low", "effect_high", "effect_se")
        columns |= dict(zip(names, size.values(), strict=True))
        columns["effect_name"] = study.labels["effect_name"].to_numpy(dtype=object)
    further = {name: getattr(found, name) for name in META_COLUMNS}
    further |= {name: back(further[name]) for name in ("prediction_low", "prediction_high")}
    table = _table(study, _remarkable(found), columns)
    return table.assign(**further)


def _method(method: MetaMethod, test: MetaTest, of_r: BoolArray) -> Objects:
    effects = "equal effects" if method == "EE" else f"random effects ({method})"
    what = np.where(of_r, " of Fisher's z", "").astype(object)
    return np.asarray("meta-analysis" + what + f", {effects}, {_TESTED_BY[test]}", dtype=object)


def _remarkable(found: Pooled) -> Objects:
    """Say what must be said of pooled numbers; '' if nothing."""
    says: Objects = np.full(len(found.k), "", dtype=object)
    says[(found.k > 1) & np.isnan(found.std_error)] = "the sites agree exactly, so there is no t"
    says[found.k == 1] = "one site only: its own numbers, with z"
    says[found.k == 0] = "no site can be used"
    return says


def _table(study: _Study, says: Objects, columns: Mapping[str, object]) -> pd.DataFrame:
    """Put a column of numbers each into a results table, with the sites' counts and what must be said."""
    used, counts = study.used, study.counts
    sums = {name: np.where(used, counts[name], 0.0).sum(axis=0) for name in ("n", "n_first", "n_second")}
    missing = np.nan_to_num(counts["n_missing"]) + np.where(used, 0.0, np.nan_to_num(counts["n"]))
    whole = {**columns, **sums, "n_missing": missing.sum(axis=0), "note": _notes(study, says)}
    spread = {name: one[:, None] if isinstance(one, np.ndarray) else one for name, one in whole.items()}
    table = results_table(study.labels, ["-"], **spread)
    unit = table["unit"] if study.value == "estimate" else _UNITLESS
    return table.assign(term=study.labels["term"], unit=pd.Series(unit, index=table.index, dtype="str"))


def _notes(study: _Study, says: Objects) -> Objects:
    """Say of each pooled row what must be said, which sites are left out, and what those used say themselves."""
    notes: Objects = np.full(len(says), None, dtype=object)
    odd = pd.notna(study.reasons).any(axis=0) | pd.notna(study.remarks).any(axis=0) | (says != "")
    for at in np.flatnonzero(odd):
        parts = [says[at]] if says[at] else []
        out = [
            f"{name} ({why})" for name, why in zip(study.sites, study.reasons[:, at], strict=True) if why is not None
        ]
        if out:
            parts.append(f"left out: {', '.join(out)}")
        told: dict[str, list[str]] = {}
        for name, text in zip(study.sites, study.remarks[:, at], strict=True):
            if text is not None:
                told.setdefault(text, []).append(name)
        parts += [f"{', '.join(names)}: {text}" for text, names in told.items()]
        notes[at] = "; ".join(parts) or None
    return notes
