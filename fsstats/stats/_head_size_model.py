"""A fitted head-size adjustment, and how it is kept as text."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self, cast

import numpy as np
import pandas as pd

from fsstats.schema import CELL, RESULTS
from fsstats.stats._derived import labels_of
from fsstats.stats._head_size_fit import FITTED, FITTED_COLUMNS, METHODS, NO_SLOPE, HeadSizeMethod, typed
from fsstats.stats._ols import interval, t_test
from fsstats.stats._results import results_table
from fsstats.stats._stored import Stored, stored_of


@dataclass(frozen=True, slots=True, eq=False)
class HeadSize:
    """A head-size adjustment, fitted to a reference. Made by `fit_head_size`, never changed."""

    KIND: ClassVar[str] = "fsstats head size 1"
    """Stands first in the text; the number is raised when its layout changes."""

    method: HeadSizeMethod
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
    method = cast("HeadSizeMethod", stored.text("method", METHODS))
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
