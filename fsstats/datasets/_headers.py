"""Header lines as the programs print them, stray blanks included."""

from collections.abc import Sequence
from typing import Final

from fsstats.datasets._blocks import Field
from fsstats.datasets._globals import Fields
from fsstats.datasets._typical import IntArray
from fsstats.schema import global_measures

_MACHINE: Final = ("# sysname  Linux", "# hostname host", "# machine  x86_64", "# user     user")
_COUNTS: Final = ("NumVert", "lhSurfaceHoles", "rhSurfaceHoles", "SurfaceHoles")
_SHORT: Final = ("WhiteSurfArea", "PialSurfArea", "MeanThickness")
_MISLABELLED: Final = {"SupraTentorialVolNotVentVox": "mm^3"}
"""Units that FreeSurfer prints and that are wrong."""

SURFACE_COLUMNS: Final = (
    ("StructName", "Structure Name", "NA"),
    ("NumVert", "Number of Vertices", "unitless"),
    ("SurfArea", "Surface Area", "mm^2"),
    ("GrayVol", "Gray Matter Volume", "mm^3"),
    ("ThickAvg ", "Average Thickness", "mm"),
    ("ThickStd", "Thickness StdDev", "mm "),
    ("MeanCurv", "Integrated Rectified Mean Curvature", "mm^-1"),
    ("GausCurv ", "Integrated Rectified Gaussian Curvature", "mm^-2"),
    (" FoldInd", " Folding Index ", " unitless "),
    ("CurvInd", "Intrinsic Curvature Index", "unitless"),
)


def segstats_columns(prefix: str, unit: str, *, surface: bool, typo: bool) -> list[tuple[str, str, str]]:
    """Describe the columns of ``mri_segstats``; up to 7.3 one name has a typing error."""
    counted = ("NVertices ", "Number of Vertices") if surface else ("NVoxels ", "Number of Voxels")
    measured = ("Area_mm2", "Area", "mm^2") if surface else ("Volume_mm3", "Volume", "mm^3")
    return [
        ("Index ", "Index ", "NA "),
        ("SegId ", "Segmentation Id", "NA"),
        (*counted, "unitless"),
        measured,
        ("StructName", "Structure Name", "NA"),
        (f"{prefix}Mean ", f"Intensity {prefix}Mean", unit),
        (f"{prefix}StdDev", f"{'Itensity' if typo else 'Intensity'} {prefix}StdDev", unit),
        *((f"{prefix}{name}", f"Intensity {prefix}{name}", unit) for name in ("Min", "Max", "Range")),
        *([("SNR", "Intensity SNR", "none")] if surface else []),
    ]


def column_lines(columns: Sequence[tuple[str, str, str]]) -> list[str]:
    """Write the TableCol lines."""
    parts = ("ColHeader", "FieldName", "Units    ")
    return [
        f"# TableCol {number:2d} {part} {text}"
        for number, column in enumerate(columns, start=1)
        for part, text in zip(parts, column, strict=True)
    ]


def measure(field: str, values: Fields, runs: IntArray, form: str = "%f", *, malformed: bool = False) -> Field:
    """Make a Measure line; FreeSurfer 6 forgets a comma in one of them."""
    form = "%d" if field in _COUNTS else "%g" if field in _SHORT else form
    known = global_measures()[field]
    unit = _MISLABELLED.get(field, known.unit)
    name = f"{field} {known.description}" if malformed else f"{field}, {known.description}"
    return Field(field, f"# Measure {known.key}, {name}, {form}, {unit}", form, values[field][runs])


def segstats_top(version: str, command: str, anatomy: str = "volume") -> list[str]:
    """Begin a file of ``mri_segstats``."""
    return [
        "# Title Segmentation Statistics ",
        "# ",
        "# generating_program mri_segstats",
        f"# cvs_version {version}",
        f"# cmdline {command} ",
        *_MACHINE,
        f"# anatomy_type {anatomy}",
        "# ",
        "# SUBJECTS_DIR <dir>",
        "# subjectname <name>",
    ]


def segstats_files(segmentation: str, table: str) -> list[str]:
    """Name the volumes that ``mri_segstats`` read."""
    return [
        f"# SegVolFile {segmentation} ",
        "# SegVolFileTimeStamp  <date> 18:54:26 ",
        f"# ColorTable {table} ",
        "# ColorTableTimeStamp 2023/06/13 23:39:07 ",
        "# InVolFile  mri/norm.mgz ",
        "# InVolFileTimeStamp  <date> 12:02:58 ",
        "# InVolFrame 0 ",
        "# PVVolFile  mri/norm.mgz ",
        "# PVVolFileTimeStamp  <date> 12:02:58 ",
    ]


def segstats_bottom(columns: Sequence[tuple[str, str, str]], n_rows: int) -> list[str]:
    """End the header of ``mri_segstats``."""
    names = " ".join(name.strip() for name, _, _ in columns)
    return [
        *column_lines(columns),
        f"# NRows {n_rows} ",
        f"# NTableCols {len(columns)} ",
        f"# ColHeaders  {names}  ",
    ]


def surface_top(versions: tuple[str, str], command: str, hemi: str, annotation: str) -> list[str]:
    """Begin a file of ``mris_anatomical_stats``."""
    return [
        "# Table of FreeSurfer cortical parcellation anatomical statistics ",
        "# ",
        "# CreationTime <date>-21:46:04-GMT",
        "# generating_program mris_anatomical_stats",
        f"# cvs_version {versions[0]}",
        f"# mrisurf.c-cvs_version {versions[1]}",
        f"# cmdline {command} ",
        *_MACHINE,
        "# ",
        "# SUBJECTS_DIR <dir>",
        "# anatomy_type surface",
        "# subjectname <name>",
        f"# hemi {hemi}",
        f"# AnnotationFile {annotation}",
        "# AnnotationFileTimeStamp <date> 14:50:43",
    ]


def surface_bottom() -> list[str]:
    """End the header of ``mris_anatomical_stats``."""
    names = " ".join(name.strip() for name, _, _ in SURFACE_COLUMNS)
    return [f"# NTableCols {len(SURFACE_COLUMNS)}", *column_lines(SURFACE_COLUMNS), f"# ColHeaders {names}"]


def fastsurfer_top(command: str) -> list[str]:
    """Begin a file of FastSurfer's ``segstats.py``: no version, no subject, no Measures."""
    return [
        "# Title Segmentation Statistics",
        "#",
        "# generating_program segstats.py",
        f"# cmdline {command}",
        *_MACHINE[:3],
        "# user       user",
        "# anatomy_type volume",
        "#",
        "# SegVolFile <dir>/<name>/mri/aparc.DKTatlas+aseg.deep.mgz",
        "# SegVolFileTimestamp <date> 08:12:40",
        "# ColorTable /fastsurfer/FastSurferCNN/config/FreeSurferColorLUT.txt",
        "# ColorTableTimestamp 2023/12/01 10:20:30",
        "# PVVolFile <dir>/<name>/mri/orig_nu.mgz",
        "# PVVolFileTimestamp <date> 08:15:02",
        "# Excluding Unknown",
        "# ExcludeSegId 0",
        "# compatibility with freesurfer's mri_segstats: fixed",
        "#",
        "# Only reporting non-empty segmentations",
        "# VoxelVolume_mm3 1.0",
    ]


def fastsurfer_bottom(columns: Sequence[tuple[str, str, str]], n_rows: int) -> list[str]:
    """End the header of ``segstats.py``."""
    names = " ".join(name for name, _, _ in columns)
    return [
        *column_lines(columns),
        f"# NRows {n_rows}",
        f"# NTableCols {len(columns)}",
        f"# ColHeaders  {names}",
    ]
