"""What is reported, and how it is fitted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import pandas as pd

from fsstats._frames import one_or_more
from fsstats.errors import TableError, UnknownNameError
from fsstats.schema import GLOBAL, is_of
from fsstats.stats.correct import Correction
from fsstats.stats.regress import StdErrors

HeadSizeChoice = Literal["covariate", "residual", "proportion", "power", "none"]
DEFAULT: Final = (("aseg", "volume"), ("aparc", "thickness"))
"""What is reported unless something else is asked for: source and measure."""
_COMMON: Final = ("volume", "thickness")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """How everything is fitted."""

    head_size: HeadSizeChoice = "covariate"
    std_errors: StdErrors = "classical"
    cluster: str | None = None
    random: tuple[str, ...] = ()
    """Columns that have a random intercept; without any the model is linear."""
    reference: Mapping[str, str] | None = None
    correction: Correction | None = "fdr_bh"
    allow: tuple[str, ...] = ()
    site: str | None = None
    conf_level: float = 0.95
    alpha: float = 0.05

    @property
    def of_model(self) -> dict[str, Any]:
        """What `regress` is told, or `mixed`."""
        errors = {"std_errors": self.std_errors, "cluster": self.cluster}
        return {
            **({"groups": self.random} if self.random else errors),
            "reference": self.reference,
            "allow": self.allow,
            "conf_level": self.conf_level,
        }


def chosen_cells(
    table: pd.DataFrame, sources: str | Collection[str] | None, measures: str | Collection[str] | None
) -> list[tuple[str, str]]:
    """Choose sources and measures: those asked for, else volumes of aseg and thickness of aparc.

    Parameters
    ----------
    table : DataFrame
        A long table.
    sources, measures : str, collection of str, or None
        What is asked for.

    Returns
    -------
    list of (str, str)
        Source and measure. Where neither is asked for, and aseg and aparc are not there: volume and thickness of
        every source.

    Raises
    ------
    UnknownNameError
        If a source or a measure is not in the table.
    TableError
        If nothing is left.

    Examples
    --------
    >>> table = pd.DataFrame({"source": ["aseg", "aparc", "aparc"], "measure": ["volume", "area", "thickness"]})
    >>> chosen_cells(table.assign(region="x"), None, None), chosen_cells(table.assign(region="x"), None, "area")
    ([('aseg', 'volume'), ('aparc', 'thickness')], [('aparc', 'area')])
    """
    there = table.loc[table["region"] != GLOBAL, ["source", "measure"]].drop_duplicates().astype("str")
    known = [(source, measure) for source, measure in there.itertuples(index=False)]
    wanted_sources, wanted_measures = one_or_more(sources), one_or_more(measures)
    _require("source", wanted_sources, [source for source, _ in known])
    _require("measure", wanted_measures, [measure for _, measure in known])
    if wanted_sources is None and wanted_measures is None and (usual := [one for one in DEFAULT if one in known]):
        return usual
    if wanted_sources is None:
        usual_sources = [source for source, _ in DEFAULT]
        in_them = [one for one in known if one[0] in usual_sources and one[1] in (wanted_measures or _COMMON)]
        wanted_sources = usual_sources if in_them else None
    kept = [
        (source, measure)
        for source, measure in known
        if (wanted_sources is None or any(is_of(source, one) for one in wanted_sources))
        and measure in (wanted_measures or _COMMON)
    ]
    if not kept:
        found = ", ".join(f"{measure} of {source}" for source, measure in known[:12]) or "nothing"
        message = f"report: expected a source and a measure that belong together, the table has {found}"
        raise TableError(message)
    return kept


def _require(kind: str, wanted: Collection[str] | None, known: Sequence[str]) -> None:
    strange = next((one for one in wanted or () if not any(name == one or is_of(name, one) for name in known)), None)
    if strange is not None:
        raise UnknownNameError.among(kind, strange, known)
