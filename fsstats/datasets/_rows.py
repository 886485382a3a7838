"""Which rows each kind of stats file has: ids, today's names, and the names of older versions."""

from dataclasses import dataclass
from functools import cache
from typing import Final

from fsstats.datasets._typical import typical
from fsstats.schema import regions

_NOT_IN_FASTSURFER: Final = frozenset({30, 62, 72, 78, 79, 80, 81, 82, 85})
"""Structures of aseg that FastSurfer's network has no class for."""
_NOT_IN_DKT: Final = ("bankssts", "frontalpole", "temporalpole")
_ATLASES: Final = {
    "aparc": "aparc",
    "aparc.pial": "aparc",
    "aparc.a2009s": "aparc.a2009s",
    "aparc.DKTatlas": "aparc.DKTatlas",
    "aparc.DKTatlas.mapped": "aparc.DKTatlas",
    "BA_exvivo": "BA_exvivo",
    "BA_exvivo.thresh": "BA_exvivo.thresh",
}
SURFACE_SOURCES: Final = tuple(_ATLASES)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a stats file."""

    region: str
    """Today's spelling."""
    old: str
    """The spelling of FreeSurfer 6."""
    segid: int
    """0 where the file prints none."""


def atlas_of_typical(source: str) -> str:
    """Name the typical values that a surface source is drawn from."""
    return _ATLASES[source]


@cache
def _known() -> dict[str, tuple[int, str]]:
    """Give id and FreeSurfer 6 name of every structure with an id; the id is the left one's for both sides."""
    found: dict[str, tuple[int, str]] = {}
    for region in regions():
        old = [alias for alias in region.aliases if "&" in alias or alias.endswith("-Proper")]
        found.setdefault(region.name, (region.segid or 0, old[0] if old else region.name))
    return found


def _row(region: str, segid: int | None = None) -> Row:
    known, old = _known()[region]
    return Row(region, old, known if segid is None else segid)


@cache
def rows_of(source: str, hemi: str | None = None) -> tuple[Row, ...]:
    """Give the rows of a kind of file in file order; `hemi` for surface files.

    Examples
    --------
    >>> rows_of("aseg")[4], len(rows_of("wmparc")), len(rows_of("w-g.pct", "lh"))
    (Row(region='Left-Thalamus', old='Left-Thalamus-Proper', segid=10), 70, 35)
    """
    if source == "aseg":
        return tuple(_row(region) for region in typical("aseg").regions if "Cerebral-White" not in region)
    if source == "aseg+DKT":
        return _fastsurfer_rows()
    if source == "wmparc":
        return tuple(_row(region) for region in typical("wmparc").regions)
    if source == "wmparc.DKTatlas.mapped":
        return tuple(row for row in rows_of("wmparc") if not row.region.endswith(_NOT_IN_DKT))
    if source.startswith("w-g.pct"):
        return _contrast_rows(source, hemi)
    half = len(typical(_ATLASES[source]).regions) // 2
    return tuple(_row(region, 0) for region in typical(_ATLASES[source]).regions[:half])


def _fastsurfer_rows() -> tuple[Row, ...]:
    """Give the rows of ``aseg+DKT``: sorted by id, cortex last."""
    inner = [_row(region) for region in typical("aseg").regions]
    kept = sorted((row for row in inner if row.segid not in _NOT_IN_FASTSURFER), key=lambda row: row.segid)
    cortex = [
        Row(name, name, region.segid or 0)
        for region in sorted(regions(), key=lambda region: region.segid or 0)
        if region.atlas == "aparc.DKTatlas"
        for name in [f"ctx-{region.hemi}-{region.name}"]
    ]
    return (*kept, *cortex)


def _contrast_rows(source: str, hemi: str | None) -> tuple[Row, ...]:
    """Give the rows of a contrast file; ``w-g.pct.mapped`` is FastSurfer's, without the regions DKT lacks."""
    names = typical("w-g.pct").regions[: len(typical("w-g.pct").regions) // 2]
    left_out = _NOT_IN_DKT if source == "w-g.pct.mapped" else ()
    shift = 1000 if hemi == "rh" else 0
    return tuple(_row(name, _known()[name][0] + shift) for name in names if name not in left_out)
