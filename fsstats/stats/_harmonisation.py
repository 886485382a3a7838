"""A fitted harmonisation: a value that can be applied to others, and stored as text."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Final, Literal, Self, get_args

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, Positions
from fsstats.schema import CELL
from fsstats.stats._coding import CodedFormula, coding_from, plain
from fsstats.stats._combat import Common, Prior, Rows, SiteEffects, without_sites
from fsstats.stats._covbat import Scores, rotated
from fsstats.stats._derived import labels_of
from fsstats.stats._longcombat import Scale, Subjects, expected_of
from fsstats.stats._stored import Stored, stored_of

HarmonisationMethod = Literal["combat", "covbat", "longcombat"]
METHODS: Final[tuple[HarmonisationMethod, ...]] = get_args(HarmonisationMethod)
MeanOnly = bool | Literal["by_size"]


@dataclass(frozen=True, slots=True, eq=False)
class Harmonisation:
    """What a harmonisation learned of the sites. Made by `fit_harmonisation`, used by `apply_harmonisation`."""

    KIND: ClassVar[str] = "fsstats harmonisation 1"
    """Stands first in the text; the number is raised when its layout changes."""

    method: str
    """combat, covbat or longcombat."""
    options: Mapping[str, Any]
    """How it was fitted: the prior, mean only …"""
    site: str
    """The column that names the site."""
    sites: tuple[str, ...]
    reference_site: str | None
    coding: CodedFormula | None
    """What was kept, and how it is coded; None if nothing was."""
    average: FloatArray
    """Means of the covariates, in the order of the design's columns without the intercept."""
    cells: pd.DataFrame
    """A row a region: source, hemi, region, measure, unit, and the number of the set with which it was fitted."""
    common: Common
    """Mean, slopes and standard deviation of each region."""
    effects: SiteEffects
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
            "kind": self.KIND,
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
            If it is no such text, or was edited so that an entry is missing, is not what it must be, or does not go
            with another: a variance that is not positive, a method without what belongs to it.
        FormulaError
            If its formula calls what a formula may not call.
        """
        return cls(**_entries(stored_of(text, cls.KIND)))


def _entries(stored: Stored) -> dict[str, Any]:
    """Read the fields of a harmonisation."""
    method, sites = stored.text("method", METHODS), stored.texts("sites")
    if len(sites) < 2:
        stored.refuse("sites", expected="at least 2 sites", found=sites)
    cells = _cells(stored)
    coding = coding_from(stored.part("coding")) if stored.has("coding") else None
    kept = 0 if coding is None else len(coding.kept)
    regions = len(cells)
    effects = _sites_from(stored.part("effects"), len(sites), regions)
    return {
        "method": method,
        "options": _options(stored.part("options"), method),
        "site": stored.text("site"),
        "sites": sites,
        "reference_site": _reference(stored, method, sites, effects),
        "coding": coding,
        "average": stored.array("average", [kept]),
        "cells": cells,
        "common": _common_from(stored.part("common"), len(sites), kept, regions),
        "effects": effects,
        "subjects": _subjects(stored, method, regions),
        "components": _components(stored, method, cells, len(sites)),
    }


def _cells(stored: Stored) -> pd.DataFrame:
    """Read the regions; the sets with which they were fitted are numbered without gaps."""
    cells = stored.cells("cells", texts=["unit"], counts=["set"])
    stored.require_distinct("cells", labels_of(cells))
    numbers = sorted(cells["set"].unique())
    if not numbers or numbers != [*range(len(numbers))]:
        stored.refuse("cells.set", expected="sets numbered 0, 1 and so on", found=[*map(int, numbers)])
    return cells


def _options(stored: Stored, method: str) -> dict[str, Any]:
    within = stored.texts("within")
    if not {*within} <= {*CELL}:
        stored.refuse("within", expected=f"some of {', '.join(CELL)}", found=[*within])
    explained = stored.number("explained", positive=True) if stored.has("explained") else None
    scale = stored.text("scale", get_args(Scale)) if stored.has("scale") else None
    if (explained or 0) >= 1 or (explained is not None) != (method == "covbat"):
        stored.refuse("explained", expected="a part of 1 with covbat, else null", found=explained)
    if (scale is not None) != (method == "longcombat"):
        stored.refuse("scale", expected="a text with longcombat, else null", found=scale)
    mean_only = "by_size" if stored.entry("mean_only") == "by_size" else stored.flag("mean_only")
    prior = stored.text("prior", get_args(Prior))
    return {"prior": prior, "mean_only": mean_only, "within": [*within], "explained": explained, "scale": scale}


def _common_from(stored: Stored, sites: int, kept: int, regions: int) -> Common:
    return Common(
        stored.array("mean", [regions]),
        stored.array("slopes", [kept, regions]),
        stored.array("scale", [regions], positive=True),
        stored.array("site", [sites, regions]),
    )


def _sites_from(stored: Stored, sites: int, columns: int) -> SiteEffects:
    shape = [sites, columns]
    n, raw_variance = stored.array("n", shape, positive=True), stored.array("raw_variance", shape, may_lack=True)
    if not (raw_variance[n > 1] >= 0).all():
        stored.refuse("raw_variance", expected="a variance where there is more than one value", found=None)
    raw_shift, shift = stored.array("raw_shift", shape), stored.array("shift", shape)
    return SiteEffects(n, raw_shift, raw_variance, shift, stored.array("variance", shape, positive=True))


def _subjects(stored: Stored, method: str, regions: int) -> Subjects | None:
    if stored.has("subjects") != (method == "longcombat"):
        stored.refuse("subjects", expected="an object with longcombat, else null", found=stored.entry("subjects"))
    if method != "longcombat":
        return None
    own = stored.part("subjects")
    between, within = own.array("between", [regions]), own.array("within", [regions], positive=True)
    if (between < 0).any():
        own.refuse("between", expected="variances", found=between.min())
    return Subjects(between, within)


def _components(stored: Stored, method: str, cells: pd.DataFrame, sites: int) -> tuple[Scores, ...]:
    parts = stored.parts("components")
    members = np.bincount(cells["set"])
    due = len(members) if method == "covbat" else 0
    if len(parts) != due:
        stored.refuse("components", expected=f"{due}: one of each set with covbat, else none", found=len(parts))
    return tuple(_scores(part, int(regions), sites) for part, regions in zip(parts, members, strict=False))


def _scores(stored: Stored, regions: int, sites: int) -> Scores:
    scale = stored.part("scale").several("numbers")
    components = len(scale)
    return Scores(
        stored.array("centre", [regions]),
        stored.array("width", [regions], positive=True),
        stored.array("loadings", [components, regions]),
        stored.array("scale", [components], positive=True),
        _sites_from(stored.part("sites"), sites, components),
    )


def _reference(stored: Stored, method: str, sites: tuple[str, ...], effects: SiteEffects) -> str | None:
    """Read the site that stays as it is; no other can have been fitted as that."""
    if not stored.has("reference_site"):
        return None
    name = stored.text("reference_site", sites)
    own = sites.index(name)
    if method != "combat" or (effects.shift[own] != 0).any() or (effects.variance[own] != 1).any():
        stored.refuse("reference_site", expected="a site without shift and change, with combat", found=name)
    return name


def _parts(value: Common | SiteEffects | Subjects | Scores) -> dict[str, Any]:
    """Write the arrays of a record by their names."""
    own = {one.name: getattr(value, one.name) for one in fields(value)}
    return {name: _parts(part) if isinstance(part, SiteEffects) else plain(part) for name, part in own.items()}


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
    rest = without_sites((values - expected) / common.scale, rows.site, effects)
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


def _effects(effects: SiteEffects, places: Positions) -> SiteEffects:
    return SiteEffects(**{one.name: getattr(effects, one.name)[:, places] for one in fields(effects)})
