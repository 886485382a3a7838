"""A fitted harmonisation: a value that can be applied to others, and stored as text."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Self

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, Positions
from fsstats.errors import FsstatsError, TableError
from fsstats.schema import CELL
from fsstats.stats._coding import Coding, coding_from, from_plain, plain
from fsstats.stats._combat import Common, Rows, Sites, adjusted
from fsstats.stats._covbat import Scores, rotated
from fsstats.stats._longcombat import Subjects, expected_of

_KIND: Final = "fsstats harmonisation 1"
"""Stands first in the text; the number is raised when its layout changes."""


@dataclass(frozen=True, slots=True, eq=False)
class Harmonisation:
    """What a harmonisation learned of the sites. Made by `fit_harmonisation`, used by `apply_harmonisation`."""

    method: str
    """combat, covbat or longcombat."""
    options: Mapping[str, Any]
    """How it was fitted: the prior, mean only …"""
    site: str
    """The column that names the site."""
    sites: tuple[str, ...]
    reference_site: str | None
    coding: Coding | None
    """What was kept, and how it is coded; None if nothing was."""
    average: FloatArray
    """Means of the covariates, in the order of the design's columns without the intercept."""
    cells: pd.DataFrame
    """A row a region: source, hemi, region, measure, unit, and the number of the set with which it was fitted."""
    common: Common
    """Mean, slopes and standard deviation of each region."""
    effects: Sites
    """Shift (in standard deviations) and variance (as a ratio) of each region at each site."""
    subjects: Subjects | None
    """Of longitudinal ComBat: the variances between and within subjects."""
    components: tuple[Scores, ...]
    """Of CovBat: the components of each set."""

    def table(self) -> pd.DataFrame:
        """Give what the sites do to the regions as a table.

        Returns
        -------
        DataFrame
            A row per region and site: ``n`` values; ``shift``, what is subtracted, in the measure's unit; ``ratio``,
            by which deviations are divided; ``raw_shift`` and ``raw_ratio``, the same before empirical Bayes.
        """
        sites, regions = self.effects.shift.shape
        labels = self.cells[[*CELL, "unit"]].iloc[np.repeat(np.arange(regions), sites)].reset_index(drop=True)
        scale = self.common.scale[:, None]
        return labels.assign(
            site=np.tile(np.array(self.sites, dtype=object), regions),
            n=self.effects.n.T.ravel().astype(np.int64),
            shift=(self.effects.shift.T * scale).ravel(),
            ratio=np.sqrt(self.effects.variance).T.ravel(),
            raw_shift=(self.effects.raw_shift.T * scale).ravel(),
            raw_ratio=np.sqrt(self.effects.raw_variance).T.ravel(),
        ).astype({"site": "str"})

    def to_json(self) -> str:
        """Write it as JSON, every number exactly; nothing of any subject is in it.

        Returns
        -------
        str
            A text for `from_json`.
        """
        cells = self.cells.astype("object").where(self.cells.notna(), None)
        written = {
            "kind": _KIND,
            "method": self.method,
            "options": dict(self.options),
            "site": self.site,
            "sites": list(self.sites),
            "reference_site": self.reference_site,
            "coding": None if self.coding is None else self.coding.to_plain(),
            "average": plain(self.average),
            "cells": {str(name): cells[name].tolist() for name in cells.columns},
            "common": _parts(self.common),
            "effects": _parts(self.effects),
            "subjects": None if self.subjects is None else _parts(self.subjects),
            "components": [_parts(one) for one in self.components],
        }
        return json.dumps(written, allow_nan=False, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote. Nothing in the text is run.

        Parameters
        ----------
        text : str
            The text.

        Returns
        -------
        Harmonisation
            The same model.

        Raises
        ------
        TableError
            If it is no such text.
        FormulaError
            If its formula calls what a formula may not call.
        """
        try:
            read = json.loads(text)
            if read["kind"] != _KIND:
                message = f"no stored harmonisation: expected {_KIND!r}, found {read['kind']!r}"
                raise TableError(message)
            model = cls(
                method=read["method"],
                options=read["options"],
                site=read["site"],
                sites=tuple(read["sites"]),
                reference_site=read["reference_site"],
                coding=None if read["coding"] is None else coding_from(read["coding"]),
                average=from_plain(read["average"]),
                cells=pd.DataFrame(read["cells"]).astype(dict.fromkeys((*CELL, "unit"), "str")),
                common=Common(**_arrays(read["common"])),
                effects=Sites(**_arrays(read["effects"])),
                subjects=None if read["subjects"] is None else Subjects(**_arrays(read["subjects"])),
                components=tuple(_scores(one) for one in read["components"]),
            )
            _require_shapes(model)
        except FsstatsError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            message = f"this text is no stored harmonisation: {type(error).__name__} {error}"
            raise TableError(message) from error
        return model


def _require_shapes(model: Harmonisation) -> None:
    """Raise if the arrays of a model that was read do not belong together."""
    sites, regions, kept = len(model.sites), len(model.cells), 0 if model.coding is None else len(model.coding.kept)
    own = model.common
    found = (
        own.mean.shape,
        own.slopes.shape,
        own.site.shape,
        *(getattr(model.effects, n).shape for n in Sites.__slots__),
    )
    due = ((regions,), (kept, regions), (sites, regions), *((sites, regions) for _ in Sites.__slots__))
    if found != due or own.scale.shape != (regions,) or model.average.shape != (kept,):
        message = f"no stored harmonisation: its arrays are not those of {regions} regions and {sites} sites"
        raise TableError(message)


def _parts(value: Common | Sites | Subjects | Scores) -> dict[str, Any]:
    """Write the arrays of a record by their names."""
    own = {one.name: getattr(value, one.name) for one in fields(value)}
    return {name: _parts(part) if isinstance(part, Sites) else plain(part) for name, part in own.items()}


def _arrays(written: Mapping[str, Any]) -> dict[str, FloatArray]:
    return {name: from_plain(part) for name, part in written.items()}


def _scores(written: Mapping[str, Any]) -> Scores:
    own = _arrays({name: part for name, part in written.items() if name != "sites"})
    return Scores(**own, sites=Sites(**_arrays(written["sites"])))


def harmonised(model: Harmonisation, values: FloatArray, places: Positions, rows: Rows) -> FloatArray:
    """Take the sites out of values.

    Parameters
    ----------
    model : Harmonisation
        What was fitted.
    values : ndarray, shape (rows, regions)
        NaN where missing, which stays so.
    places : ndarray of int, shape (regions,)
        Where each region stands in the model.
    rows : Rows
        Their sites, by the model's numbers, covariates and subjects.

    Returns
    -------
    ndarray, shape (rows, regions)
        In the unit of the values. Those of the reference site are the values themselves.
    """
    common, effects = _common(model.common, places), _effects(model.effects, places)
    subjects = model.subjects
    if subjects is not None:
        subjects = Subjects(subjects.between[places], subjects.within[places])
    expected = expected_of(values, rows, common, subjects)
    rest = adjusted((values - expected) / common.scale, rows.site, effects)
    sets = model.cells["set"].to_numpy()[places]
    for number, scores in enumerate(model.components):
        columns = np.flatnonzero(sets == number)
        columns = columns[np.argsort(places[columns])]
        rest[:, columns] = rotated(rest[:, columns], rows.site, scores)
    found = rest * common.scale + expected
    if model.reference_site is not None:
        stays = rows.site == model.sites.index(model.reference_site)
        found[stays] = values[stays]
    return np.asarray(found)


def _common(common: Common, places: Positions) -> Common:
    return Common(common.mean[places], common.slopes[:, places], common.scale[places], common.site[:, places])


def _effects(effects: Sites, places: Positions) -> Sites:
    return Sites(**{one.name: getattr(effects, one.name)[:, places] for one in fields(effects)})
