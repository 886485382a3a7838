"""Measures and their units: what the columns and header lines of a stats file are called here."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from fsstats.errors import KindsError
from fsstats.schema._data import read_tsv
from fsstats.schema._registry import Entry, entries, forget_with_registry, of_registry


@dataclass(frozen=True, slots=True)
class Measure:
    """One quantity that a stats file reports for a region."""

    name: str
    """The value in our ``measure`` column."""
    columns: tuple[str, ...]
    """Its names in ``ColHeaders`` lines."""
    unit: str
    """Its unit, or '' where only the file knows."""
    description: str


_OF_TABLES: Final = (
    Measure("n_vertices", ("NumVert", "NVertices"), "unitless", "Number of vertices"),
    Measure("n_voxels", ("NVoxels",), "unitless", "Number of voxels"),
    Measure("area", ("SurfArea", "Area_mm2"), "mm^2", "Surface area"),
    Measure("volume", ("GrayVol", "Volume_mm3"), "mm^3", "Volume"),
    Measure("thickness", ("ThickAvg",), "mm", "Mean cortical thickness"),
    Measure("thickness_std", ("ThickStd",), "mm", "Standard deviation of the thickness (divided by n)"),
    Measure("mean_curvature", ("MeanCurv",), "mm^-1", "Integrated rectified mean curvature"),
    Measure("gaussian_curvature", ("GausCurv",), "mm^-2", "Integrated rectified Gaussian curvature"),
    Measure("folding_index", ("FoldInd",), "unitless", "Folding index"),
    Measure("curvature_index", ("CurvInd",), "unitless", "Intrinsic curvature index"),
    Measure("intensity_mean", ("Mean",), "", "Mean image intensity"),
    Measure("intensity_std", ("StdDev",), "", "Standard deviation of the image intensity"),
    Measure("intensity_min", ("Min",), "", "Least image intensity"),
    Measure("intensity_max", ("Max",), "", "Greatest image intensity"),
    Measure("intensity_range", ("Range",), "", "Greatest less least image intensity"),
    Measure("intensity_snr", ("SNR",), "unitless", "Mean over standard deviation of the image intensity"),
    Measure("contrast_mean", (), "percent", "Mean grey-white contrast"),
    Measure("contrast_std", (), "percent", "Standard deviation of the grey-white contrast"),
    Measure("contrast_min", (), "percent", "Least grey-white contrast"),
    Measure("contrast_max", (), "percent", "Greatest grey-white contrast"),
    Measure("contrast_range", (), "percent", "Greatest less least grey-white contrast"),
    Measure("contrast_snr", (), "unitless", "Mean over standard deviation of the grey-white contrast"),
)


@of_registry
def measures() -> Mapping[str, Measure]:
    """Give every measure of a region that is known, by name; header Measures are in `global_measures`.

    Examples
    --------
    >>> measures()["thickness"].unit
    'mm'
    """
    described = (_described(where, entry) for where, entry in entries("measure"))
    return {measure.name: measure for measure in (*_OF_TABLES, *described)}


def _described(where: str, entry: Entry) -> Measure:
    """Make a `Measure` of a ``[[measure]]`` table."""
    allowed = {"name": str, "columns": list, "unit": str, "description": str}
    place = f"{where}: [[measure]] {entry.get('name', '')}".rstrip()
    wrong = [name for name, value in entry.items() if not isinstance(value, allowed.get(name, ()))]
    if wrong or not {"name", "unit", "description"} <= set(entry):
        found = f"{wrong[0]} = {entry[wrong[0]]!r}" if wrong else f"only {', '.join(entry) or 'nothing'}"
        raise KindsError.at(place, expected="name, unit and description, and perhaps columns", found=found)
    return Measure(entry["name"], tuple(entry.get("columns", ())), entry["unit"], entry["description"])


@of_registry
def _by_column() -> Mapping[str, Measure]:
    return {column: measure for measure in measures().values() for column in measure.columns}


_INTENSITY: Final = ("StdDev", "Range", "Mean", "Min", "Max", "SNR")

INDEX_COLUMNS: Final = ("Index", "SegId")
"""Number columns that identify a row and measure nothing."""
NAME_COLUMN: Final = "StructName"
COUNT_COLUMNS: Final = ("NVoxels", "NVertices")


@cache
def measure_of(column: str, *, contrast: bool = False) -> Measure | None:
    """Find the measure that a table column holds; None for a column that we do not know.

    Intensity columns carry the name given by ``--in-intensity-name`` in front
    (``normMean``, ``nuMean``). `contrast` says that the image was the
    grey-white contrast map, so the intensities are per cent.

    Examples
    --------
    >>> measure_of("ThickAvg").name, measure_of("normStdDev").name, measure_of("Mean", contrast=True).unit
    ('thickness', 'intensity_std', 'percent')
    """
    known = _by_column().get(column)
    if known is None:
        suffix = next((end for end in _INTENSITY if column.endswith(end)), None)
        known = _by_column()[suffix] if suffix else None
    if known is not None and contrast and known.name.startswith("intensity_"):
        return measures()[known.name.replace("intensity_", "contrast_")]
    return known


forget_with_registry(measure_of.cache_clear)


def is_intensity(column: str) -> bool:
    """Say whether a column describes the image's intensities.

    Examples
    --------
    >>> is_intensity("normMean"), is_intensity("Volume_mm3")
    (True, False)
    """
    measure = measure_of(column)
    return measure is not None and measure.name.startswith("intensity_")


FORMER_NAMES: Final = {
    "eTIV": "ICV",
    "WhiteSurfArea": "SurfArea",
    "CerebralWhiteMatterVol": "CorticalWhiteMatterVol",
    "MaskVol": "BrainMaskVol",
}
"""Header Measures that earlier versions print under another name; their definitions may differ."""


@dataclass(frozen=True, slots=True)
class GlobalMeasure:
    """One ``# Measure`` line of a header: a quantity of the whole brain or hemisphere."""

    field: str
    """The value in our ``measure`` column, as FreeSurfer prints it."""
    key: str
    unit: str
    """Its true unit, which is not always the printed one."""
    hemi: str | None
    zero_is_missing: bool
    """A printed 0 says that the program had no value."""
    description: str
    note: str


@cache
def global_measures() -> dict[str, GlobalMeasure]:
    """Give every header Measure that FreeSurfer or FastSurfer is known to write, by field.

    Examples
    --------
    >>> global_measures()["eTIV"].unit
    'mm^3'
    """
    return {
        row["field"]: GlobalMeasure(
            field=row["field"],
            key=row["key"],
            unit=row["unit"],
            hemi=row["hemi"] or None,
            zero_is_missing=row["zero_is_missing"] == "yes",
            description=row["description"],
            note=row["note"],
        )
        for row in read_tsv("header_measures.tsv")
    }
