"""Adjusting volumes and areas for the size of the head: fit, apply to others, or both at once."""

import json
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar, Self, cast

import numpy as np
import pandas as pd

from fsstats._frames import one_or_more
from fsstats.errors import FsstatsWarning, TableError, UnknownNameError, wording
from fsstats.schema import CELL, RESULTS
from fsstats.schema.policy import HEAD_SCALING
from fsstats.stats._derived import Reference, labels_of
from fsstats.stats._head_size_fit import (
    FITTED,
    FITTED_COLUMNS,
    METHODS,
    NO_SLOPE,
    Asked,
    Fitted,
    Method,
    adjusted,
    fitted_of,
    ready_of,
    typed,
)
from fsstats.stats._icv import require_checks
from fsstats.stats._ols import interval, t_test
from fsstats.stats._required import require_model
from fsstats.stats._results import results_table
from fsstats.stats._stored import Stored, stored_of


@dataclass(frozen=True, slots=True, eq=False)
class HeadSize:
    """A head-size adjustment, fitted to a reference. Made by `fit_head_size`, never changed."""

    KIND: ClassVar[str] = "fsstats head size 1"
    """Stands first in the text; the number is raised when its layout changes."""

    method: Method
    icv: str
    """Which head size."""
    reference: str
    """What it was fitted to, in words."""
    by: str | None
    """The column of which each level (site) has its own slope and mean."""
    keep_unit: bool
    measures: tuple[str, ...] | None
    """The measures that were asked for; None: those that go with the size of the head."""
    force: tuple[str, ...]
    means: Mapping[str, float]
    """Mean head size of the reference, by level of `by` ('' without one); NaN where a level has no reference."""
    fitted: pd.DataFrame
    """A row a cell and level of `by`; its coefficient is the slope (residual) or the exponent."""

    def table(self) -> pd.DataFrame:
        """Give the slopes or exponents as a results table, with 95 % confidence limits.

        Slopes are in the unit of the measure per unit of head size; their test is against 0, also that of exponents.
        A further column, called as `by`, says which level a row is of.
        """
        cells, own = self.fitted[[*CELL, "unit"]], self.fitted
        logs_of = self.method != "residual"
        cells = cells.assign(unit="unitless") if logs_of else cells
        estimate, std_error, df = (own[name].to_numpy(dtype=np.float64) for name in ("coefficient", "std_error", "df"))
        t, p = t_test(estimate, std_error, df)
        low, high = interval(estimate, std_error, df, 0.95)
        numbers = {"estimate": estimate, "std_error": std_error, "statistic": t, "df": df, "p_value": p}
        numbers |= {"ci_low": low, "ci_high": high, "n": own["n"].to_numpy(), "n_missing": own["n_missing"].to_numpy()}
        made = results_table(
            cells,
            [f"log({self.icv})" if logs_of else self.icv],
            df_term=np.where(np.isnan(t), np.nan, 1.0)[:, None],
            method=f"head size, {self.method}; reference: {self.reference}",
            note=own["note"].astype("object").where(own["note"].notna(), None).to_numpy()[:, None],
            **{name: column[:, None] for name, column in numbers.items()},
        )
        return made if self.by is None else made.assign(**{self.by: own["level"].to_numpy()})

    def to_json(self) -> str:
        """Write it as text, every number exactly; `from_json` reads it.

        Returns
        -------
        str
            JSON.
        """
        rows = self.fitted.astype("object").where(self.fitted.notna(), None)
        plain = {name: getattr(self, name) for name in self.__slots__ if name not in ("means", "fitted")}
        means = {level: None if np.isnan(mean) else mean for level, mean in self.means.items()}
        fitted = {name: rows[name].tolist() for name in FITTED_COLUMNS}
        return json.dumps({"kind": self.KIND, **plain, "means": means, "fitted": fitted}, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Parameters
        ----------
        text : str
            JSON.

        Returns
        -------
        HeadSize
            The same adjustment.

        Raises
        ------
        TableError
            If it is no such text, or was edited so that an entry is missing, is not what it must be, or does not go
            with another: a slope that is missing, a mean of no level.
        """
        return cls(**_entries(stored_of(text, cls.KIND)))


def _entries(stored: Stored) -> dict[str, Any]:
    """Read the fields of a head-size adjustment."""
    method = cast("Method", stored.text("method", METHODS))
    by, keep_unit = stored.text_or_none("by"), stored.flag("keep_unit")
    if by in RESULTS or (by is not None and method not in FITTED):
        stored.refuse("by", expected="a column of the people, with residual or power", found=by)
    if keep_unit and method != "proportion":
        stored.refuse("keep_unit", expected=f"false with {method}", found=keep_unit)
    levels = stored.part("means")
    means = {level: levels.number(level, positive=True) if levels.has(level) else np.nan for level in levels.entries}
    if not means or (by is None and (list(means) != [""] or np.isnan(means[""]))):
        stored.refuse("means", expected="the mean of each level, of '' without levels", found=dict(levels.entries))
    numbers = ["coefficient", "std_error", "df", "n", "n_missing"]
    fitted = typed(stored.cells("fitted", texts=["unit", "level", "note"], numbers=numbers)[list(FITTED_COLUMNS)])
    _require_fitted(stored.part("fitted"), fitted, means, method)
    return {
        "method": method,
        "icv": stored.text("icv"),
        "reference": stored.text("reference"),
        "by": by,
        "keep_unit": keep_unit,
        "measures": stored.texts("measures") if stored.has("measures") else None,
        "force": stored.texts("force"),
        "means": means,
        "fitted": fitted,
    }


def _require_fitted(stored: Stored, fitted: pd.DataFrame, means: Mapping[str, float], method: str) -> None:
    """Raise if the rows are not those of the same regions level by level, or a number is missing without a reason."""
    cells = len(fitted) // len(means)
    if fitted["level"].tolist() != list(np.repeat([*means], cells)) or (cells > 0) == (method == "covariate"):
        stored.refuse("level", expected=f"the levels of means, {', '.join(means)}", found=fitted["level"].tolist())
    labels = labels_of(fitted)
    stored.require_distinct("region", labels[:cells])
    if labels != labels[:cells] * len(means):
        stored.refuse("region", expected="the same regions in every level", found=labels)
    lacks = fitted["coefficient"].isna() & ~fitted["note"].str.contains(NO_SLOPE, regex=False, na=False)
    if lacks.any():
        stored.refuse("coefficient", expected="a number, or null and a note why", found=None)
    if (fitted[["std_error", "df", "n", "n_missing"]] < 0).to_numpy().any():
        stored.refuse("n", expected="no negative std_error, df, n and n_missing", found=fitted["n"].tolist())
    rows = (fitted["n"] + fitted["n_missing"]).to_numpy().reshape(len(means), cells)
    lost = [level for level, own in zip(means, rows, strict=True) if np.isnan(means[level]) and (own > 0).any()]
    if lost:
        stored.refuse("level", expected=f"a mean of {lost[0]}, which has runs of the reference", found=None)


def adjust_head_size(
    table: pd.DataFrame,
    *,
    icv: str | None = None,
    method: Method = "residual",
    reference: Reference | None = None,
    by: str | None = None,
    nuisance: str = "",
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
    nuisance : str
        Right side of a formula (``age + sex``) for which the slopes are adjusted; only the part of head size is
        taken away. Runs without one of its variables are left out of the slopes, but not of the mean head size.
        Residual and power only.
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
        The table with adjusted values; rows, order, index and columns as they were. Unit and name change only by
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
        have been divided by head size already (their unit is unitless or percent); if head sizes are not positive, not
        in mm^3 or by several estimators; if they do not vary; if the reference is empty; or if an option does not go
        with the method.
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

    Do not use adjusted values together with head size as a covariate: that would correct twice. Only fractions can be
    told by their name and unit; a table that was adjusted in mm^3 cannot be recognised.

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
        nuisance=nuisance,
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
    method: Method = "residual",
    reference: Reference | None = None,
    by: str | None = None,
    nuisance: str = "",
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
    nuisance : str
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
        nuisance=nuisance,
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
    asked = Asked(
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
    return adjusted(table, ready, Fitted(model.means, model.fitted), asked)


def _warn(texts: Sequence[str]) -> None:
    for text in texts:
        warnings.warn(text, FsstatsWarning, stacklevel=3)


def _asked(
    *,
    icv: str | None,
    method: Method,
    reference: Reference | None,
    by: str | None,
    nuisance: str,
    exponent: float | Mapping[str, float] | None,
    keep_unit: bool,
    measures: str | Sequence[str] | None,
    force: str | Sequence[str],
    minimum: int,
    allow: str | Collection[str],
) -> Asked:
    """Check what needs no table."""
    if method not in METHODS:
        raise UnknownNameError.among("method", str(method), METHODS)
    wanted, forced = one_or_more(measures), tuple(one_or_more(force) or ())
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
    return Asked(
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
    names = tuple(one_or_more(allow) or ())
    require_checks(names)
    return names
