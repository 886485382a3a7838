"""A fitted composite score, and how it is kept as text."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self

import pandas as pd

from fsstats.schema import GLOBAL
from fsstats.stats._derived import Label
from fsstats.stats._stored import Stored, stored_of


@dataclass(frozen=True, slots=True)
class Part:
    """One region of a composite, and what it is in the reference."""

    source: str | None
    hemi: str | None
    region: str
    measure: str
    unit: str | None
    weight: float
    mean: float
    sd: float
    n: int
    """Values of the reference."""

    @property
    def label(self) -> Label:
        """What names its cell."""
        return self.source, self.hemi, self.region, self.measure


@dataclass(frozen=True, slots=True)
class Composite:
    """A composite score, fitted to a reference group. Made by `fit_composite`, never changed."""

    KIND: ClassVar[str] = "fsstats composite 1"
    """Stands first in the text; the number is raised when its layout changes."""

    name: str
    parts: tuple[Part, ...]
    reference: Mapping[str, tuple[str, ...]]
    """The columns and levels of the reference; empty for all runs."""
    centre: float
    """Mean of the weighted mean in the reference; 0 unless it is standardised again."""
    scale: float
    """Its standard deviation there; 1 unless it is standardised again."""

    def table(self) -> pd.DataFrame:
        """Give its regions with weight, and mean and standard deviation in the reference, a row each."""
        return pd.DataFrame([asdict(part) for part in self.parts])

    def to_json(self) -> str:
        """Write it as JSON, every number exactly; nothing of any subject is in it.

        Returns
        -------
        str
            A text for `from_json`.
        """
        return json.dumps({"kind": self.KIND, **asdict(self)}, allow_nan=False, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Parameters
        ----------
        text : str
            The text.

        Returns
        -------
        Composite
            The same score.

        Raises
        ------
        TableError
            If it is no such text, or was edited so that an entry is missing or is not what it must be: a weight that is
            0 or no number, a standard deviation that is not positive.
        """
        return cls(**_entries(stored_of(text, cls.KIND)))


def _entries(stored: Stored) -> dict[str, Any]:
    """Read the fields of a composite."""
    name, reference = stored.text("name"), stored.part("reference")
    if name in ("", GLOBAL):
        stored.refuse("name", expected="a name", found=name)
    parts = tuple(map(_part_from, stored.parts("parts")))
    stored.require_distinct("parts", [part.label for part in parts])
    if not parts:
        stored.refuse("parts", expected="at least one region", found=[])
    return {
        "name": name,
        "parts": parts,
        "reference": {column: reference.texts(column) for column in reference.entries},
        "centre": stored.number("centre"),
        "scale": stored.number("scale", positive=True),
    }


def _part_from(stored: Stored) -> Part:
    if stored.number("weight") == 0:
        stored.refuse("weight", expected="a number other than 0", found=0)
    return Part(
        source=stored.text_or_none("source"),
        hemi=stored.text_or_none("hemi"),
        region=stored.text("region"),
        measure=stored.text("measure"),
        unit=stored.text_or_none("unit"),
        weight=stored.number("weight"),
        mean=stored.number("mean"),
        sd=stored.number("sd", positive=True),
        n=stored.count("n"),
    )
