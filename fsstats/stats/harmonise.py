"""Harmonisation: values as if all had been measured at one site."""

from collections.abc import Collection

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, Positions, listed, one_or_more, some_of
from fsstats.errors import TableError, UnknownNameError, warn
from fsstats.stats._combat import Rows
from fsstats.stats._derived import labels_of
from fsstats.stats._harmonisation import Harmonisation, HarmonisationMethod, MeanOnly, harmonised
from fsstats.stats._harmonising import HarmonisationChoices, harmonisation_of, prepared, prior_of
from fsstats.stats._longcombat import Scale
from fsstats.stats._required import require_model
from fsstats.stats._sites import RunsOfSites, names_of, refuse_gaps, refuse_infinite, runs_of_sites

__all__ = ["Harmonisation", "apply_harmonisation", "fit_harmonisation", "harmonise"]


def harmonise(
    table: pd.DataFrame,
    *,
    site: str = "site",
    keep: str | Collection[str] = "",
    method: HarmonisationMethod = "combat",
    empirical_bayes: bool = True,
    parametric: bool = True,
    mean_only: MeanOnly = False,
    reference_site: str | float | None = None,
    measures: str | Collection[str] | None = None,
    within: str | Collection[str] = ("measure",),
    explained: float = 0.95,
    scale: Scale = "reml",
    allow: str | Collection[str] = (),
) -> pd.DataFrame:
    r"""Take out of the values what their site adds to them and by how much it stretches them (ComBat).

    Parameters
    ----------
    table : DataFrame
        A long table with a column for the site (scanner, protocol), and those of `keep`.
    site : str
        The name of that column.
    keep : str or collection of str
        What must not be lost: columns (``["age", "sex", "group"]``), or the right side of a formula
        (``"age + sex + group"``, ``"bs(age, df=4) * sex"``). Sites are compared between people who are alike in it,
        and its effects stay in the values. Variables are columns, header Measures of the table (``eTIV``), or values by
        their names in a wide table, which are then left as they are. Put every effect in that you mean to study; but
        for machine learning never the outcome that is to be predicted.
    method : {"combat", "covbat", "longcombat"}
        ``combat``: mean and variance of each region. ``covbat``: then also those of the principal components, so how
        regions vary together. ``longcombat``: for several runs of a subject, whose own level is kept.
    empirical_bayes : bool
        Draw what a site does to a region towards what it does to all regions of the set; see `within`.
    parametric : bool
        Empirical Bayes with a normal and an inverse gamma distribution; else with what all other regions show.
    mean_only : bool or "by_size"
        Sites differ in their means only. With True a site's own shift has the weight of a single row, however many
        there are, as in sva and neuroCombat: regions then lose little more than the mean shift of their site.
        ``"by_size"`` takes the number of rows, which is the formula of the paper [1]_, and what you rather want.
    reference_site : str or number, optional
        The site that stays as it is, to which the others are brought. Only ``combat``.
    measures : str or collection of str, optional
        Which measures are harmonised; by default all but header Measures (eTIV …) and counts of vertices and voxels.
        The others stay as they are.
    within : str or collection of str
        Columns of the table (source, hemi, measure) by which regions form a set. Regions of one set are fitted
        together: empirical Bayes and CovBat borrow from the others of the set. ``()`` is one set of all.
    explained : float
        Of ``covbat``: the first components that explain more than this part of the variance are harmonised.
    scale : {"reml", "msr"}
        Of ``longcombat``: by which standard deviation a region is divided; that of the mixed model, or the root of the
        mean squared residual.
    allow : str or collection of str
        What may be mixed: ``versions``, ``definitions``, ``streams``, ``repeated``; as for `regress`.

    Returns
    -------
    DataFrame
        The same rows, order and columns, `value` harmonised, in its unit. A missing value stays missing.

    Raises
    ------
    ColumnsError, UnknownNameError, FormulaError
        If a column, a measure, a reference site or a method does not exist, or `keep` cannot be used; also if
        what is to be kept cannot be told from the site (which term, is said).
    TableError
        If the table has no rows; if there are fewer than two sites; if a run has no site or lacks a variable of `keep`;
        if a site has one run, or a region fewer than two values or no variation at a site; if a set is too small for
        empirical Bayes; if values are missing in ``covbat``; if something is mixed. The sites, regions and subjects
        are named.

    Warns
    -----
    FsstatsWarning
        Which regions are left as they are; which sites have fewer than 10 runs.

    See Also
    --------
    fit_harmonisation : Learn it from some subjects, apply it to others.
    site_effects : Test for differences between sites, before and after.

    Notes
    -----
    :math:`y_{ijf} = \alpha_f + x_{ij}\beta_f + \gamma_{if} + \delta_{if}\varepsilon_{ijf}` for site i, row j, region f
    [1]_ [2]_. Sites and covariates are fitted by least squares, :math:`\alpha_f` is the mean of the sites' intercepts
    weighted by their rows, :math:`\sigma_f^2` the mean squared residual; then
    :math:`y^* = \sigma_f (z - \gamma^*_{if}) / \delta^*_{if} + \alpha_f + x\beta_f`. So a cohort keeps its mean, and an
    effect of the site that comes with an effect of `keep` cannot be removed.

    The empirical Bayes estimates are the fixed point of their equations. sva and its descendants stop when an
    estimate changes by less than 1e-4 of itself, or earlier where it is negative. In the reference cohort of our tests
    that is a difference of at most 1e-6 standard deviations; in simulations it was up to 2e-5 with 30 rows a site and
    1e-4 with 3.

    Missing values: each region is fitted on the rows that have its value, and counted so in every formula. Without
    missing values that is ComBat as published; without empirical Bayes it is what the region alone would give. Other
    programs refuse missing values or drop the subject. ``covbat`` needs complete rows.

    ``covbat`` follows [4]_: after ComBat, scores of the principal components (of standardised residuals) are
    harmonised without empirical Bayes. ``longcombat`` follows [3]_: sites, covariates and an intercept of each subject
    are fitted by restricted maximum likelihood; the predicted intercept is part of what is kept.

    Small volumes can become negative. Harmonise before volumes are adjusted for the head size, and keep the
    head size (``"eTIV + …"``) if it differs between sites.

    Afterwards leave the site in the model (``value ~ group + age + site``) if the group is not spread evenly over the
    sites. A model without it does not know that the sites' means were estimated from the same data, and its p-values
    are too small: in simulations of three sites without any effect, 5 % were below 0.05 where each site had half of
    its people from either group, but 6 % with 30, 50 and 70 % patients, and 10 % with 15, 50 and 85 %. With the site
    in the model it was 5 % throughout.

    References
    ----------
    .. [1] Johnson WE, Li C, Rabinovic A (2007). Adjusting batch effects in microarray expression data using empirical
       Bayes methods. Biostatistics 8, 118-127.
    .. [2] Fortin JP and others (2018). Harmonization of cortical thickness measurements across scanners and sites.
       NeuroImage 167, 104-120.
    .. [3] Beer JC and others (2020). Longitudinal ComBat: a method for harmonizing longitudinal multi-scanner imaging
       data. NeuroImage 220, 117129.
    .. [4] Chen AA and others (2022). Mitigating site effects in covariance for machine learning in neuroimaging data.
       Human Brain Mapping 43, 1179-1195.

    Examples
    --------
    >>> import tempfile
    >>> from fsstats import join, load
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = make_cohort(folder, n_subjects=40, sites=("A", "B"), seed=1)
    ...     table = join(load(made.root, sources=["aparc"], measures=["thickness"]), made.participants)
    >>> table.query("region == 'insula'").groupby("site")["value"].mean().round(2).to_dict()
    {'A': 3.2, 'B': 3.23}
    >>> even = harmonise(table, keep="age + sex + group")
    >>> even.query("region == 'insula'").groupby("site")["value"].mean().round(2).to_dict()
    {'A': 3.21, 'B': 3.21}
    """
    options = HarmonisationChoices(
        site=site,
        keep=keep,
        method=method,
        prior=prior_of(empirical_bayes=empirical_bayes, parametric=parametric),
        mean_only=mean_only,
        reference_site=reference_site,
        measures=one_or_more(measures),
        within=listed(within),
        explained=explained,
        scale=scale,
        allow=allow,
    )
    data = prepared(table, options, needed_by="harmonise")
    model = harmonisation_of(data, options)
    found = harmonised(model, data.values, np.arange(len(data.places)), data.rows)
    return _replaced(table, data.cohort, data.places, found)


def fit_harmonisation(
    table: pd.DataFrame,
    *,
    site: str = "site",
    keep: str | Collection[str] = "",
    method: HarmonisationMethod = "combat",
    empirical_bayes: bool = True,
    parametric: bool = True,
    mean_only: MeanOnly = False,
    reference_site: str | float | None = None,
    measures: str | Collection[str] | None = None,
    within: str | Collection[str] = ("measure",),
    explained: float = 0.95,
    scale: Scale = "reml",
    allow: str | Collection[str] = (),
) -> Harmonisation:
    """Learn from some subjects what sites do to the values, so that others can be harmonised alike.

    Parameters
    ----------
    table : DataFrame
        A long table of the subjects to learn from.
    site, keep, method, empirical_bayes, parametric, mean_only, reference_site : optional
        As for `harmonise`.
    measures, within, explained, scale, allow : optional
        As for `harmonise`.

    Returns
    -------
    Harmonisation
        For `apply_harmonisation`. ``table()`` shows what each site does; ``to_json()`` writes it as text, without any
        subject, and ``Harmonisation.from_json`` reads that.

    Raises
    ------
    ColumnsError, UnknownNameError, FormulaError, TableError
        As for `harmonise`.

    Warns
    -----
    FsstatsWarning
        As `harmonise`.

    Examples
    --------
    >>> import tempfile
    >>> from fsstats import join, load
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = make_cohort(folder, n_subjects=40, sites=("A", "B"), seed=1)
    ...     table = join(load(made.root, sources=["aparc"], measures=["thickness"]), made.participants)
    >>> model = fit_harmonisation(table, keep="age + sex")
    >>> model.table().query("region == 'insula'")[["hemi", "site", "n", "shift", "ratio"]].round(2)
        hemi site   n  shift  ratio
    66    lh    A  20  -0.01   1.02
    67    lh    B  20   0.01   1.01
    134   rh    A  20  -0.02   1.06
    135   rh    B  20   0.02   0.97
    """
    options = HarmonisationChoices(
        site=site,
        keep=keep,
        method=method,
        prior=prior_of(empirical_bayes=empirical_bayes, parametric=parametric),
        mean_only=mean_only,
        reference_site=reference_site,
        measures=one_or_more(measures),
        within=listed(within),
        explained=explained,
        scale=scale,
        allow=allow,
    )
    return harmonisation_of(prepared(table, options, needed_by="fit_harmonisation"), options)


def apply_harmonisation(table: pd.DataFrame, model: Harmonisation, *, average_covariates: bool = False) -> pd.DataFrame:
    """Harmonise subjects with what was learned from others.

    Parameters
    ----------
    table : DataFrame
        A long table of subjects of sites that the model knows, with the columns that it needs.
    model : Harmonisation
        What `fit_harmonisation` gave.
    average_covariates : bool
        Take everybody for the average of those that the model was fitted to, in what was kept. For subjects of whom it
        is not known; their values are then shrunk or stretched about that average, and not about their own.

    Returns
    -------
    DataFrame
        The same rows, order and columns, `value` harmonised, in its unit. A missing value stays missing. What
        happens to a subject does not depend on which others are in the table.

    Raises
    ------
    ColumnsError
        If a column is not there.
    UnknownNameError
        If a site is none of the model's, naming both.
    FormulaError
        If a covariate has a level that the model does not know, or lies where a spline has no value.
    TableError
        If `model` is another kind of model; if the table has no rows; if a site or covariate is missing; if a region
        has another unit than in the model; if no region is known; or, for ``covbat``, if a region is not there or a
        value is missing.

    Warns
    -----
    FsstatsWarning
        Which regions the model does not know, which so stay as they are; which of its regions the table does not have.

    Examples
    --------
    >>> import tempfile
    >>> from fsstats import join, load
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = make_cohort(folder, n_subjects=40, sites=("A", "B"), seed=1)
    ...     table = join(load(made.root, sources=["aparc"], measures=["thickness"]), made.participants)
    >>> held_out = table["subject"].astype("str") > "sub-030"
    >>> model = fit_harmonisation(table[~held_out], keep="age + sex")
    >>> later = Harmonisation.from_json(model.to_json())
    >>> apply_harmonisation(table[held_out], later)["value"].head(2).round(3).tolist()
    [2.957, 2.538]
    """
    require_model(model, Harmonisation, made_by="fit_harmonisation")
    keep = "" if model.coding is None or average_covariates else model.coding.formula
    cohort = runs_of_sites(table, model.site, keep, needed_by="apply_harmonisation")
    places, columns = _known(model, cohort)
    sites = {name: code for code, name in enumerate(model.sites)}
    _refuse_unknown_sites(model, cohort)
    refuse_infinite(cohort.panel, columns)
    covariates = np.tile(model.average, (len(cohort.people), 1))
    if model.coding is not None and not average_covariates:
        covariates = model.coding.matrix(cohort.people)[:, model.coding.kept]
    codes = np.array([sites[name] for name in cohort.words], dtype=np.intp)
    rows = Rows(codes, len(sites), covariates, cohort.subject)
    values = cohort.panel.values[:, columns]
    if model.method == "covbat":
        refuse_gaps(cohort, columns)
    return _replaced(table, cohort, columns, harmonised(model, values, places, rows))


def _known(model: Harmonisation, cohort: RunsOfSites) -> tuple[Positions, Positions]:
    """Find the model's regions in a table: their places in the model, and in the panel."""
    ours, theirs = names_of(model.cells), names_of(cohort.panel.cells)
    place = {label: one for one, label in enumerate(labels_of(model.cells))}
    labels = labels_of(cohort.panel.cells)
    columns = np.array([one for one, label in enumerate(labels) if label in place], dtype=np.intp)
    places = np.array([place[labels[one]] for one in columns], dtype=np.intp)
    lacking = [name for one, name in enumerate(ours) if one not in set(places.tolist())]
    strange = [name for name, label in zip(theirs, labels, strict=True) if label not in place]
    if not len(columns) or (lacking and model.method == "covbat"):
        what = "none of its regions" if not len(columns) else f"not {some_of(lacking)}"
        message = f"the model is of {some_of(ours, 3)}; the table has {what}"
        raise TableError(message)
    units, known = cohort.panel.cells["unit"].iloc[columns], model.cells["unit"].iloc[places]
    other = np.flatnonzero(units.fillna("").to_numpy() != known.fillna("").to_numpy())
    if len(other):
        first = other[0]
        message = f"{theirs[columns[first]]} is in {units.iloc[first]}, in the model in {known.iloc[first]}"
        raise TableError(message)
    texts = [f"left as they are, as the model does not know them: {some_of(strange)}"] if strange else []
    texts += [f"the table does not have these regions of the model: {some_of(lacking)}"] if lacking else []
    warn(*texts)
    return places, columns


def _refuse_unknown_sites(model: Harmonisation, cohort: RunsOfSites) -> None:
    strange = sorted(set(cohort.words) - set(model.sites))
    if strange:
        message = (
            f"the model knows the sites {some_of(model.sites)}, and not {some_of(strange)}: what a site does can only "
            "be learned from its own subjects. Fit the model anew with them, or leave them out"
        )
        raise UnknownNameError(message)


def _replaced(table: pd.DataFrame, cohort: RunsOfSites, columns: Positions, found: FloatArray) -> pd.DataFrame:
    """Put harmonised values into the table."""
    panel = cohort.panel
    values = panel.values.copy()
    values[:, columns] = found
    return table.assign(value=values[panel.row, panel.column])
