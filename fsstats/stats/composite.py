"""Several regions in one score: the mean of their z values against a reference group."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, Positions, one_or_more, some_of
from fsstats.errors import TableError, UnknownNameError, warn
from fsstats.schema import GLOBAL, HEMIS, atlas_of
from fsstats.schema.groupings import BOTH, DERIVED, unsided
from fsstats.stats._composite import Composite, Part
from fsstats.stats._derived import (
    LABELS,
    Label,
    Reference,
    labels_of,
    levels_of,
    long_table,
    marks_of,
    of_cells,
    reference_rows,
    says,
    there,
    units_of,
)
from fsstats.stats._required import require_model, require_rows
from fsstats.stats.guards import notes_of_mixing, refuse_repeated
from fsstats.tables.panel import panel_of
from fsstats.tables.versions import VERSION_COLUMNS

_FEW: Final = 20
_CONSTANT: Final = 1e-10
"""A standard deviation below this part of the mean is the rounding of a constant."""
_Z: Final = "z"
"""The measure of a score."""


def composite(
    table: pd.DataFrame,
    regions: str | Sequence[str] | Mapping[str, float],
    *,
    name: str,
    reference: Reference | None,
    measure: str | None = None,
    source: str | None = None,
    restandardise: bool = False,
    allow: str | Collection[str] = (),
) -> pd.DataFrame:
    r"""Make one score of several regions: the mean of their z values against a reference group.

    Parameters
    ----------
    table : DataFrame
        A long table with people's columns (group, age …), or what ``to_wide(table, sep=None)`` gives.
    regions : str, sequence of str, or mapping of str to float
        The regions; or each with its weight, which is negative where a smaller value is to raise the score. A name
        without its side (``entorhinal``, ``Hippocampus``) stands for left and right.
    name : str
        How the score is called.
    reference : mapping or None
        Columns and the level, or levels, of the reference group: ``{"group": "CN"}``. None: everybody, which makes z
        values of the sample itself.
    measure : str, optional
        Which measure, if the table has several of these regions.
    source : str, optional
        Which source, if the table has several.
    restandardise : bool
        Whether the score gets mean 0 and standard deviation 1 in the reference. The mean of z values that go together
        imperfectly has a standard deviation below 1.
    allow : str or collection of str
        Which guards are not to be errors: ``streams``, ``versions``, ``definitions``, ``repeated``.

    Returns
    -------
    DataFrame
        A long table with a row a run: ``region`` is `name`, ``measure`` z, ``unit`` sd, ``hemi`` lr for regions of both
        sides. People's columns are kept. NaN where any of the regions is missing or infinite: never a mean of fewer.

    Raises
    ------
    UnknownNameError
        If a region, measure, source or level of the reference does not exist; with the nearest names.
    ColumnsError
        If the table lacks a column of the reference.
    TableError
        If the table has no rows; if a region has several measures or sources, or is named twice; is constant in the
        reference, or has fewer than two values there; if a weight is 0 or no number; or if a guard holds.

    Warns
    -----
    FsstatsWarning
        If a region has fewer than 20 values in the reference.

    See Also
    --------
    fit_composite : Fit on one sample, to apply to another.

    Notes
    -----
    .. math:: c = \frac{\sum_r w_r (y_r - m_r) / s_r}{\sum_r |w_r|}

    with mean m and standard deviation s (n - 1) of each region in the reference. The values are taken as they are: to
    take age or head size out, use `adjust_head_size`, or z values of `apply_norms`, before.

    Examples
    --------
    >>> people = pd.DataFrame({"subject": list("abcd"), "group": ["CN"] * 3 + ["AD"]})
    >>> people = people.assign(session=None, stream="cross", source="aparc", hemi="lh", measure="thickness", unit="mm")
    >>> parts = [
    ...     people.assign(region="entorhinal", value=[3.0, 3.2, 3.4, 2.8]),
    ...     people.assign(region="fusiform", value=[2.5, 2.6, 2.7, 2.4]),
    ... ]
    >>> table = pd.concat(parts, ignore_index=True)
    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):  # a reference of three is small
    ...     score = composite(table, ["entorhinal", "fusiform"], name="signature", reference={"group": "CN"})
    >>> score[["subject", "region", "measure", "value", "unit"]].round(6)
      subject     region measure  value unit
    0       a  signature       z   -1.0   sd
    1       b  signature       z    0.0   sd
    2       c  signature       z    1.0   sd
    3       d  signature       z   -2.0   sd
    """
    model = fit_composite(
        table,
        regions,
        name=name,
        reference=reference,
        measure=measure,
        source=source,
        restandardise=restandardise,
        allow=allow,
    )
    return apply_composite(table, model)


def fit_composite(
    table: pd.DataFrame,
    regions: str | Sequence[str] | Mapping[str, float],
    *,
    name: str,
    reference: Reference | None,
    measure: str | None = None,
    source: str | None = None,
    restandardise: bool = False,
    allow: str | Collection[str] = (),
) -> Composite:
    """Fit a composite score to a reference group, to apply it to the same or to other subjects.

    Parameters
    ----------
    table : DataFrame
        See `composite`; so for all that follows.
    regions : str, sequence of str, or mapping of str to float
        The regions, perhaps with weights.
    name : str
        How the score is called.
    reference : mapping or None
        Columns and levels of the reference group.
    measure : str, optional
        Which measure.
    source : str, optional
        Which source.
    restandardise : bool
        Whether the score gets mean 0 and standard deviation 1 in the reference.
    allow : str or collection of str
        Which guards are not to be errors.

    Returns
    -------
    Composite
        Its ``table()`` has the regions with weight, mean and standard deviation; ``to_json`` and
        ``Composite.from_json`` keep it.

    Raises
    ------
    UnknownNameError, ColumnsError, TableError
        See `composite`.

    Warns
    -----
    FsstatsWarning
        See `composite`.

    Examples
    --------
    >>> people = pd.DataFrame({"subject": [str(i) for i in range(20)], "session": None, "stream": "cross"})
    >>> table = people.assign(source="aseg", hemi="lh", region="Left-Amygdala", measure="volume", unit="mm^3")
    >>> model = fit_composite(table.assign(value=1500.0 + people.index), "Amygdala", name="amygdala", reference=None)
    >>> model.parts[0].mean, model.parts[0].n, Composite.from_json(model.to_json()) == model
    (1509.5, 20, True)
    """
    require_rows(table, needed_by="composite")
    if not name or name == GLOBAL:
        message = f"a composite cannot be called {name!r}"
        raise TableError(message)
    weights = _weights(regions)
    whole = panel_of(table, needed_by="composite", leave_out=tuple(VERSION_COLUMNS))
    own = of_cells(table, whole, [*_chosen(whole.cells, weights, measure, source)])
    panel = panel_of(own, needed_by="composite", leave_out=tuple(VERSION_COLUMNS))
    rows = reference_rows(panel.people, reference, needed_by="composite")
    notes_of_mixing(own, panel, rows, allow)
    refuse_repeated(panel.take(rows), allow, instead="one run of each, such as the first session")
    chosen = _chosen(panel.cells, weights, measure, source)
    values, units, labels = panel.values[rows], units_of(panel.cells), labels_of(panel.cells)
    parts = tuple(_part(labels[cell], units[cell], weight, values[:, cell]) for cell, weight in chosen.items())
    _refuse_constant(parts)
    model = Composite(name, parts, levels_of(reference), 0.0, 1.0)
    few = [f"{part.region} ({part.n})" for part in parts if part.n < _FEW]
    if few:
        warn(f"the reference ({says(model.reference)}) has fewer than {_FEW} values of {some_of(few)}")
    return _restandardised(model, values[:, [*chosen]]) if restandardise else model


def apply_composite(table: pd.DataFrame, model: Composite) -> pd.DataFrame:
    """Compute a composite score by what was fitted to a reference.

    Parameters
    ----------
    table : DataFrame
        A long table.
    model : Composite
        See `fit_composite`.

    Returns
    -------
    DataFrame
        As of `composite`.

    Raises
    ------
    ColumnsError
        If it is no long table.
    TableError
        If `model` is something else, or the table has no rows, none of the regions, or one in another unit.

    Warns
    -----
    FsstatsWarning
        Naming regions that the table does not have: all scores are NaN then.

    Examples
    --------
    >>> part = Part("aseg", "lh", "Left-Amygdala", "volume", "mm^3", weight=1.0, mean=1600.0, sd=200.0, n=50)
    >>> model = Composite("amygdala", (part,), {}, centre=0.0, scale=1.0)
    >>> table = pd.DataFrame({"subject": ["a"], "session": None, "stream": "cross", "source": "aseg", "hemi": "lh"})
    >>> table = table.assign(region="Left-Amygdala", measure="volume", value=1500.0, unit="mm^3")
    >>> apply_composite(table, model)["value"].tolist()
    [-0.5]
    """
    require_model(model, Composite, made_by="fit_composite")
    require_rows(table, needed_by="apply_composite")
    panel = panel_of(table, needed_by="composite", leave_out=tuple(VERSION_COLUMNS))
    at = {label: cell for cell, label in enumerate(labels_of(panel.cells))}
    places = np.array([at.get(part.label, -1) for part in model.parts], dtype=np.intp)
    present = places[places >= 0]
    if not len(present):
        message = f"the table has no region of the composite {model.name}: {some_of([p.region for p in model.parts])}"
        raise TableError(message)
    _require_units(model, units_of(panel.cells), places)
    values = np.where(places >= 0, panel.values[:, places], np.nan)
    rows = np.asarray(there(panel)[:, present].any(axis=1, keepdims=True))
    cells = pd.DataFrame([(*_label(model), DERIVED[_Z])], columns=list(LABELS))
    lacks = [
        f"{part.hemi or ''} {part.region}".strip() for part, place in zip(model.parts, places, strict=True) if place < 0
    ]
    if lacks:
        warn(f"{model.name} is NaN: the table does not have {some_of(lacks)}")
    marks = marks_of(table, panel, [present])
    return long_table(panel.people, cells, _scores(model, values)[:, None], rows, marks)


def _weights(regions: object) -> dict[str, float]:
    """Give the weight of each region that was named."""
    names = one_or_more(regions) if isinstance(regions, Collection) else None
    if not names:
        message = f"regions must name one region or more, perhaps with weights, not {regions!r}"
        raise TableError(message)
    repeated = [name for place, name in enumerate(names) if name in [*names][:place]]
    weights = {str(name): regions[name] if isinstance(regions, Mapping) else 1.0 for name in names}
    wrong = [f"{name}: {weight!r}" for name, weight in weights.items() if not _is_weight(weight)]
    if repeated or wrong:
        found = f"{repeated[0]} twice" if repeated else some_of(wrong)
        message = f"expected each region once, with a weight other than 0, found {found}"
        raise TableError(message)
    return {name: float(weight) for name, weight in weights.items()}


def _is_weight(weight: object) -> bool:
    return isinstance(weight, int | float | np.number) and bool(np.isfinite(weight)) and weight != 0


def _chosen(
    cells: pd.DataFrame, weights: Mapping[str, float], measure: str | None, source: str | None
) -> dict[int, float]:
    """Find the cells of the regions, each with its weight."""
    labels = [*enumerate(labels_of(cells))]
    for kind, wanted, place in (("source", source, 0), ("measure", measure, 3)):
        known = [str(label[place]) for _, label in labels if label[2] != GLOBAL]
        if wanted is not None and wanted not in known:
            raise UnknownNameError.among(f"{kind} of the table", wanted, known)
    usable = [
        (cell, label)
        for cell, label in labels
        if label[2] != GLOBAL and source in {None, label[0]} and measure in {None, label[3]}
    ]
    found: dict[int, float] = {}
    for name, weight in weights.items():
        own = [(cell, label) for cell, label in usable if name in _names(label)]
        _require_one_kind(name, [label for _, label in own], usable)
        twice = next((label[2] for cell, label in own if cell in found), None)
        if twice is not None:
            message = f"{twice} is named twice"
            raise TableError(message)
        found |= dict.fromkeys((cell for cell, _ in own), weight)
    return found


def _names(label: Label) -> tuple[str, str]:
    return label[2], unsided(label[2], atlas_of(label[0]))


def _require_one_kind(name: str, own: Sequence[Label], usable: Sequence[tuple[int, Label]]) -> None:
    """Raise if a name is no region's, or that of several sources or measures."""
    if not own:
        raise UnknownNameError.among("region of the table", name, {one for _, label in usable for one in _names(label)})
    for kind, place in (("source", 0), ("measure", 3)):
        several = dict.fromkeys(str(label[place]) for label in own)
        if len(several) > 1:
            message = f"{name} has several {kind}s: {', '.join(several)}; choose one by {kind}="
            raise TableError(message)


def _part(label: Label, unit: str | None, weight: float, values: FloatArray) -> Part:
    """Take mean and standard deviation of a region; NaN where there are fewer than two values."""
    usable = values[np.isfinite(values)]
    mean = float(usable.mean()) if len(usable) > 1 else np.nan
    sd = float(usable.std(ddof=1)) if len(usable) > 1 else np.nan
    return Part(*label, unit, weight, mean, sd, len(usable))


def _refuse_constant(parts: Sequence[Part]) -> None:
    wrong = [f"{part.region} ({part.n} values)" for part in parts if not part.sd > _CONSTANT * abs(part.mean)]
    if wrong:
        message = f"the reference has no spread of {some_of(wrong)}: constant, or fewer than two values"
        raise TableError(message)


def _restandardised(model: Composite, values: FloatArray) -> Composite:
    """Take mean and standard deviation of the score in the reference."""
    scores = _scores(model, values)
    usable = scores[np.isfinite(scores)]
    sd = float(usable.std(ddof=1)) if len(usable) > 1 else 0.0
    if sd <= _CONSTANT:
        message = (
            f"{model.name} cannot be standardised again: {len(usable)} run(s) of the reference have all its regions"
        )
        raise TableError(message)
    return replace(model, centre=float(usable.mean()), scale=sd)


def _scores(model: Composite, values: FloatArray) -> FloatArray:
    """Compute the score of each run; NaN where a region is missing."""
    means, sds, weights = (np.array([getattr(part, name) for part in model.parts]) for name in ("mean", "sd", "weight"))
    z = (np.where(np.isfinite(values), values, np.nan) - means) / sds
    score = (z * weights).sum(axis=1) / np.abs(weights).sum()
    return np.asarray((score - model.centre) / model.scale)


def _require_units(model: Composite, units: Sequence[str | None], places: Positions) -> None:
    for part, place in zip(model.parts, places, strict=True):
        if place >= 0 and units[place] != part.unit:
            message = f"{part.region} is in {units[place]}, but the composite {model.name} was fitted in {part.unit}"
            raise TableError(message)


def _label(model: Composite) -> Label:
    """Name the score's cell: all sources, and the side of its regions."""
    sources = sorted({part.source for part in model.parts if part.source})
    sides = {part.hemi for part in model.parts}
    both = BOTH in sides or set(HEMIS) <= sides
    return "+".join(sources) or None, BOTH if both else next(iter(sides)) if len(sides) == 1 else None, model.name, _Z
