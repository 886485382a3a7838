"""Adjusting volumes and areas for the size of the head: fit, apply to others, or both at once."""

from collections.abc import Collection, Mapping, Sequence
from numbers import Real

import numpy as np
import pandas as pd

from fsstats._frames import listed, one_or_more
from fsstats.errors import TableError, UnknownNameError, warn, wording
from fsstats.schema import RESULTS
from fsstats.schema.policy import HEAD_SCALING
from fsstats.stats._derived import Reference
from fsstats.stats._head_size_apply import adjusted
from fsstats.stats._head_size_fit import (
    FITTED,
    METHODS,
    FittedSlopes,
    HeadSizeChoices,
    HeadSizeMethod,
    fitted_of,
    ready_of,
)
from fsstats.stats._head_size_model import HeadSize
from fsstats.stats._icv import require_checks
from fsstats.stats._required import require_model
from fsstats.stats._terms import right_side


def adjust_head_size(
    table: pd.DataFrame,
    *,
    icv: str | None = None,
    method: HeadSizeMethod = "residual",
    reference: Reference | None = None,
    by: str | None = None,
    nuisance: str | Collection[str] = "",
    exponent: float | Mapping[str, float] | None = None,
    keep_unit: bool = False,
    measures: str | Sequence[str] | None = None,
    force: str | Sequence[str] = (),
    minimum: int = 20,
    allow: str | Collection[str] = (),
) -> pd.DataFrame:
    r"""Adjust volumes and areas for the size of the head.

    Parameters
    ----------
    table : DataFrame
        A long table, perhaps with further columns (group, site, age …).
    icv : str, optional
        The head size: a header Measure of the table (``eTIV``, ``sTIV``, ``sbTIV`` …; that of aseg if several files
        have it), a column of the people in mm^3, or a value by its name in a wide table (``wmparc_global_eTIV``).
        By default ``eTIV``, and with ``method="sienax"`` ``VSCALING``.
    method : {"residual", "proportion", "power", "covariate", "sienax"}
        How; see Notes.
    reference : mapping, optional
        Whose slopes and mean head size are taken: ``{"group": "control"}``, or several levels in a list. By default
        everybody. Where groups differ in head size, or the illness changes the volumes, take the controls.
    by : str, optional
        A column (site) of which each level gets slopes and a mean of its own; residual and power only. It must not be
        called as a column of the results (n, method, note …).
    nuisance : str or collection of str
        Columns (``["age", "sex"]``), or the right side of a formula (``"age + sex"``), for which the slopes are
        adjusted; only the part of head size is taken away. Runs without one of its variables are left out of the
        slopes, but not of the mean head size. Residual and power only.
    exponent : float or mapping of str to float, optional
        With power: the exponent of all measures, or of some by name (``{"area": 2 / 3}``), instead of fitted ones.
    keep_unit : bool
        With proportion: multiply by the mean head size of the reference, which gives mm^3 again; else fractions.
    measures : str or sequence of str, optional
        Which measures to adjust: ``volume``, ``area``, or header Measures. By default all that are volumes or areas.
    force : str or sequence of str
        Measures to adjust although that is not done (thickness).
    minimum : int
        Fewest runs of the reference for a slope. With `by`, levels with fewer take the common slope within levels;
        otherwise you are warned.
    allow : str or collection of str
        What is not to be an error or a warning: names of ``HEAD_SIZE_CHECKS`` (see `check_head_size`) and guards
        (``streams``, ``versions``, ``definitions``).

    Returns
    -------
    DataFrame
        The table with adjusted values; rows, order, index and columns as they were, and behind them ``adjusted_for``,
        which says of each adjusted value by what and how: ``eTIV (residual)``. Unit and name change only by
        proportion without `keep_unit`: a volume in mm^3 becomes a ``volume_fraction``, ``unitless``, an area an
        ``area_fraction``, and ``BrainSegVol`` is ``BrainSegVol_fraction``. With ``method="covariate"`` all values stay,
        and a column is added: ``<icv>_centred``, the head size less the mean of the reference, in 100 cm^3.

    Raises
    ------
    ColumnsError
        If it is no long table.
    UnknownNameError
        If a head size, method, measure, level, column or check does not exist.
    TableError
        If the table has no rows; if a measure is asked for that is not adjusted (thickness, counts, ratios); if values
        are adjusted already: by ``adjusted_for``, or as their unit is unitless or percent; if head sizes are not
        positive, not in mm^3 or by several estimators; if they do not vary; if the reference is empty; or if an option
        does not go with the method.
    FormulaError
        If `nuisance` cannot be used.

    Warns
    -----
    FsstatsWarning
        Of runs without head size (their adjusted values are NaN), implausible head sizes, subjects whose head size
        changes, small references, values of 0, and regions that do not go with head size in a straight line.

    See Also
    --------
    fit_head_size : Fit on one sample, to apply to another.
    check_head_size : What is wrong with the head sizes, run by run.

    Notes
    -----
    With y the value, v the head size and :math:`\bar v` its mean in the reference:

    ``residual`` (default): :math:`y - b (v - \bar v)`, b the slope of y on v in the reference, of each region by
    itself [1]_ [2]_. The values keep their unit and read as those in a head of mean size.
    ``power``: :math:`y (\bar v / v)^b`, b the slope of log y on log v [3]_. For what is skewed or far from
    proportional: ventricles. Values of 0 or less are left out of the fit.
    ``proportion``: :math:`y / v`, of areas :math:`y / v^{2/3}`, never area over volume. It takes for granted that
    structures grow as the head does; most grow less, so large heads get too small fractions.
    ``sienax``: y times VSCALING (areas: to the power of 2/3), FSL's scaling to standard space [4]_: a proportion by
    another name. All volumes of the table are multiplied, those of other programs as well.
    ``covariate``: for tests, the best way. Put the new column into the model:
    ``regress(covariate, "value ~ group + age + sex + eTIV_centred")``. Adjusting first and testing afterwards takes
    the slope for known: wrong degrees of freedom, and bias where head size goes with the group.

    Adjusted are volumes and areas, header Measures among them. Left as they are: thickness, curvature, intensities,
    counts, ratios, sizes of the head themselves, and what is scaled already (``volume_normalised``). Thickness hardly
    goes with head size [5]_, and dividing it by head size makes it worse.

    Do not use adjusted values together with head size as a covariate: that would correct twice. Models warn of it, and
    nothing is adjusted a second time, as long as the table has its column ``adjusted_for``, which a wide table lacks.

    With `by` the slope and the mean are those of the level's own reference; differences in mean head size between
    levels stay in the values. Where a level has fewer than `minimum` values of a region it takes the common slope of
    a model with an intercept a level.

    References
    ----------
    .. [1] Jack CR et al. (1989). Anterior temporal lobes and hippocampal formations: normative volumetric measurements
       from MR images in young adults. Radiology 172, 549-554.
    .. [2] Buckner RL et al. (2004). A unified approach for morphometric and functional data analysis in young, old, and
       demented adults using automated atlas-based head size normalization. NeuroImage 23, 724-738.
    .. [3] Liu D et al. (2014). The power-proportion method for intracranial volume correction in volumetric imaging
       analysis. Frontiers in Neuroscience 8, 356.
    .. [4] Smith SM et al. (2002). Accurate, robust, and automated longitudinal and cross-sectional brain change
       analysis. NeuroImage 17, 479-489.
    .. [5] Schwarz CG et al. (2016). A large-scale comparison of cortical thickness and volume methods for measuring
       Alzheimer's disease severity. NeuroImage: Clinical 11, 802-812.

    Examples
    --------
    >>> people = pd.DataFrame({"subject": list("abcd"), "session": None, "stream": "cross", "source": "aseg"})
    >>> head = people.assign(
    ...     hemi=None, region="global", measure="eTIV", unit="mm^3", value=[1.4e6, 1.5e6, 1.6e6, 1.5e6]
    ... )
    >>> part = people.assign(region="Brain-Stem", measure="volume", unit="mm^3", value=[19e3, 20e3, 22e3, 21e3])
    >>> table = pd.concat([part.assign(hemi=None), head], ignore_index=True)
    >>> adjust_head_size(table, minimum=4)["value"].head(4).round(6).tolist()
    [20500.0, 20000.0, 20500.0, 21000.0]
    >>> adjust_head_size(table, method="covariate", minimum=4)["eTIV_centred"].head(4).tolist()
    [-1.0, 0.0, 1.0, 0.0]
    """
    asked = _asked(
        icv=icv,
        method=method,
        reference=reference,
        by=by,
        nuisance=right_side(nuisance, table),
        exponent=exponent,
        keep_unit=keep_unit,
        measures=measures,
        force=force,
        minimum=minimum,
        allow=allow,
    )
    ready, said = ready_of(table, asked, needed_by="adjust_head_size")
    fitted, more = fitted_of(table, ready, asked)
    _warn([*said, *more])
    return adjusted(table, ready, fitted, asked)


def fit_head_size(
    table: pd.DataFrame,
    *,
    icv: str | None = None,
    method: HeadSizeMethod = "residual",
    reference: Reference | None = None,
    by: str | None = None,
    nuisance: str | Collection[str] = "",
    exponent: float | Mapping[str, float] | None = None,
    keep_unit: bool = False,
    measures: str | Sequence[str] | None = None,
    force: str | Sequence[str] = (),
    minimum: int = 20,
    allow: str | Collection[str] = (),
) -> HeadSize:
    """Fit a head-size adjustment, to apply to the same or to other subjects.

    What is learned for a prediction must not come from the subjects that are predicted: fit on the training sample,
    and apply to both.

    Parameters
    ----------
    table : DataFrame
        See `adjust_head_size`; so for all that follows.
    icv : str, optional
        The head size.
    method : {"residual", "proportion", "power", "covariate", "sienax"}
        How.
    reference : mapping, optional
        Whose slopes and mean are taken.
    by : str, optional
        A column of which each level gets slopes and a mean of its own.
    nuisance : str or collection of str
        What the slopes are adjusted for.
    exponent : float or mapping of str to float, optional
        Exponents that are not to be fitted.
    keep_unit : bool
        Multiply fractions by the mean head size.
    measures : str or sequence of str, optional
        Which measures.
    force : str or sequence of str
        Measures to adjust although that is not done.
    minimum : int
        Fewest runs of the reference for a slope.
    allow : str or collection of str
        What is not to be an error or a warning.

    Returns
    -------
    HeadSize
        Its ``table`` is a results table with the slopes or exponents, ``means`` the mean head size of the reference;
        ``to_json`` and ``HeadSize.from_json`` keep it.

    Raises
    ------
    ColumnsError, UnknownNameError, TableError, FormulaError
        See `adjust_head_size`.

    Warns
    -----
    FsstatsWarning
        See `adjust_head_size`.

    Notes
    -----
    Standard errors and tests in ``table`` take runs for independent: with several sessions of a subject they are too
    small. The slopes are of use all the same.

    Examples
    --------
    >>> people = pd.DataFrame({"subject": list("abcd"), "session": None, "stream": "cross", "source": "aseg"})
    >>> people = people.assign(hemi=None, unit="mm^3", eTIV=[1.4e6, 1.5e6, 1.6e6, 1.5e6])
    >>> table = people.assign(region="Brain-Stem", measure="volume", value=[19e3, 20e3, 22e3, 21e3])
    >>> model = fit_head_size(table, minimum=4)
    >>> model.table()[["region", "term", "estimate", "unit", "n"]]
           region  term  estimate  unit    n
    0  Brain-Stem  eTIV     0.015  mm^3  4.0
    >>> other = table.tail(1).assign(eTIV=1.6e6)
    >>> apply_head_size(other, HeadSize.from_json(model.to_json()))["value"].round(6).item()
    19500.0
    """
    asked = _asked(
        icv=icv,
        method=method,
        reference=reference,
        by=by,
        nuisance=right_side(nuisance, table),
        exponent=exponent,
        keep_unit=keep_unit,
        measures=measures,
        force=force,
        minimum=minimum,
        allow=allow,
    )
    ready, said = ready_of(table, asked, needed_by="fit_head_size")
    fitted, more = fitted_of(table, ready, asked)
    _warn([*said, *more])
    return HeadSize(
        method=asked.method,
        icv=asked.icv,
        reference=asked.whom,
        by=asked.by,
        keep_unit=asked.keep_unit,
        measures=asked.measures,
        force=asked.force,
        means=fitted.means,
        fitted=fitted.frame,
    )


def apply_head_size(table: pd.DataFrame, model: HeadSize, *, allow: str | Collection[str] = ()) -> pd.DataFrame:
    """Adjust values by what was fitted to others.

    Parameters
    ----------
    table : DataFrame
        A long table, with the head size that the model was fitted with and, if it was fitted by site, that column.
    model : HeadSize
        See `fit_head_size`.
    allow : str or collection of str
        See `adjust_head_size`.

    Returns
    -------
    DataFrame
        As of `adjust_head_size`.

    Raises
    ------
    ColumnsError
        If it is no long table, or lacks the column that the model was fitted by.
    UnknownNameError
        If the table has a region that the model does not know, or a level (site).
    TableError
        If `model` is something else, or a unit is another one than in the fit; and see `adjust_head_size`.

    Warns
    -----
    FsstatsWarning
        See `adjust_head_size`.

    Examples
    --------
    >>> people = pd.DataFrame({"subject": list("abcd"), "session": None, "stream": "cross", "source": "aseg"})
    >>> people = people.assign(hemi=None, unit="mm^3", eTIV=[1.4e6, 1.5e6, 1.6e6, 1.5e6])
    >>> table = people.assign(region="Brain-Stem", measure="volume", value=[19e3, 20e3, 22e3, 21e3])
    >>> model = fit_head_size(table.head(3), minimum=3)
    >>> apply_head_size(table.tail(1), model)["value"].item()
    21000.0
    """
    require_model(model, HeadSize, made_by="fit_head_size")
    asked = HeadSizeChoices(
        icv=model.icv,
        method=model.method,
        by=model.by,
        keep_unit=model.keep_unit,
        measures=model.measures,
        force=model.force,
        allow=_allowed(allow),
    )
    ready, said = ready_of(table, asked, needed_by="apply_head_size")
    _warn(said)
    return adjusted(table, ready, FittedSlopes(model.means, model.fitted), asked)


def _warn(texts: Sequence[str]) -> None:
    for text in texts:
        warn(text)


def _asked(
    *,
    icv: str | None,
    method: HeadSizeMethod,
    reference: Reference | None,
    by: str | None,
    nuisance: str,
    exponent: float | Mapping[str, float] | None,
    keep_unit: bool,
    measures: str | Sequence[str] | None,
    force: str | Sequence[str],
    minimum: int,
    allow: str | Collection[str],
) -> HeadSizeChoices:
    """Check what needs no table."""
    if method not in METHODS:
        raise UnknownNameError.among("method", str(method), METHODS)
    wanted, forced = one_or_more(measures), tuple(listed(force))
    _refuse_options(reference, exponent, by)
    useless = {
        "reference": reference is not None and method in ("proportion", "sienax") and not keep_unit,
        "by": by is not None and method not in FITTED,
        "nuisance": bool(nuisance) and method not in FITTED,
        "exponent": exponent is not None and method != "power",
        "keep_unit": keep_unit and method != "proportion",
        "measures": wanted is not None and method == "covariate",
        "force": bool(forced) and method == "covariate",
    }
    if any(useless.values()):
        names = ", ".join(name for name, is_useless in useless.items() if is_useless)
        message = f"of no use with method={method!r}: {names}. Leave it out, or take another method"
        raise TableError(message)
    return HeadSizeChoices(
        icv=icv or (HEAD_SCALING if method == "sienax" else "eTIV"),
        method=method,
        reference=reference,
        by=by,
        nuisance=nuisance,
        exponent=exponent,
        keep_unit=keep_unit,
        measures=None if wanted is None else tuple(dict.fromkeys([*wanted, *forced])),
        force=forced,
        minimum=minimum,
        allow=_allowed(allow),
    )


def _refuse_options(reference: object, exponent: object, by: object) -> None:
    """Refuse what is of another type than it should be, or has a name that is taken."""
    if by in RESULTS:
        message = f"by: a results table has a column {by!r} of its own; give people's column another name"
        raise TableError(message)
    if not (reference is None or isinstance(reference, Mapping)):
        expected = "a mapping of a column to its level, {'group': 'control'}"
        raise TableError(f"reference: {wording(expected=expected, found=repr(reference))}")
    numbers = exponent.values() if isinstance(exponent, Mapping) else [exponent]
    wrong = [one for one in numbers if not (one is None or (isinstance(one, Real) and np.isfinite(float(one))))]
    if wrong:
        raise TableError(f"exponent: {wording(expected='a number', found=repr(wrong[0]))}")


def _allowed(allow: str | Collection[str]) -> tuple[str, ...]:
    names = tuple(listed(allow))
    require_checks(names)
    return names
