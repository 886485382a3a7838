"""The stats files of each tool, block by block."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

import numpy as np

from fsstats.datasets import _headers as headers
from fsstats.datasets._blocks import Block, Column, Field, assemble, side_of
from fsstats.datasets._brains import Table
from fsstats.datasets._rows import Row, rows_of
from fsstats.datasets._simulate import Brains
from fsstats.datasets._tools import Tool
from fsstats.datasets._typical import IntArray
from fsstats.schema import HEMIS, measure_of, sources

_HOLES: Final = ("lhSurfaceHoles", "rhSurfaceHoles", "SurfaceHoles")
_ASEG: Final = (
    "BrainSegVol",
    "BrainSegVolNotVent",
    "BrainSegVolNotVentSurf",
    "VentricleChoroidVol",
    "lhCortexVol",
    "rhCortexVol",
    "CortexVol",
    "lhCerebralWhiteMatterVol",
    "rhCerebralWhiteMatterVol",
    "CerebralWhiteMatterVol",
    "SubCortGrayVol",
    "TotalGrayVol",
    "SupraTentorialVol",
    "SupraTentorialVolNotVent",
    "SupraTentorialVolNotVentVox",
    "MaskVol",
    "BrainSegVol-to-eTIV",
    "MaskVol-to-eTIV",
    *_HOLES,
    "eTIV",
)
_ONLY_IN_6: Final = ("BrainSegVolNotVentSurf", "SupraTentorialVolNotVentVox")
_WMPARC: Final = (
    "VentricleChoroidVol",
    "lhCerebralWhiteMatterVol",
    "rhCerebralWhiteMatterVol",
    "CerebralWhiteMatterVol",
    "MaskVol",
)
_SURFACE: Final = (
    "BrainSegVol",
    "BrainSegVolNotVent",
    "BrainSegVolNotVentSurf",
    "CortexVol",
    "SupraTentorialVol",
    "SupraTentorialVolNotVent",
    "eTIV",
)
_BRAINVOL: Final = sources()["brainvol"].measures
_FIXED: Final = "# BrainVolStatsFixed-NotNeeded because voxelvolume=1mm3"
_INTENSITIES: Final = ("Mean", "StdDev", "Min", "Max", "Range")
_SURFACE_ROW: Final = "%5d  %5.0f  %5.0f  %5.3f %5.3f  %8.3f  %8.3f  %7.0f  %6.1f"
_SURFACE_COLUMNS: Final = {
    "NumVert": 0,
    "SurfArea": 0,
    "GrayVol": 0,
    "ThickAvg": 3,
    "ThickStd": 3,
    "MeanCurv": 3,
    "GausCurv": 3,
    "FoldInd": 0,
    "CurvInd": 1,
}
"""Decimals of each column."""


def blocks_of(tool: Tool, stream: str, runs: IntArray, brains: Brains) -> Iterator[Block]:
    """Make every kind of stats file that a tool writes in a stream."""
    if "aseg+DKT" in tool.volumes:
        yield _fastsurfer(runs, brains)
    yield _aseg(tool, stream, runs, brains)
    yield _wmparc(tool, runs, brains)
    if tool.major > 6:
        yield _brainvol(runs, brains)
    for hemi in HEMIS:
        for source in tool.surfaces:
            yield _surface(tool, source, hemi, runs, brains)
        if stream != "base":
            yield _contrast(tool, hemi, runs, brains)


def _segstats_lines(tool: Tool, command: str, fields: Sequence[Field]) -> list[str | Field]:
    seeded = command.replace("mri_segstats", "mri_segstats --seed 1234", 1) if tool.major > 6 else command
    return [*headers.segstats_top(tool.segstats, seeded), *([_FIXED] if tool.major > 6 else []), *fields]


def _aseg(tool: Tool, stream: str, runs: IntArray, brains: Brains) -> Block:
    left_out = (*(() if stream == "cross" else _HOLES), *(_ONLY_IN_6 if tool.major > 6 else ()))
    fields = [headers.measure(name, brains.fields[tool.major], runs) for name in _ASEG if name not in left_out]
    command = (
        "mri_segstats --seg mri/aseg.mgz --sum stats/aseg.stats --pv mri/norm.mgz --empty --brainmask "
        "mri/brainmask.mgz --brain-vol-from-seg --excludeid 0 --excl-ctxgmwm --supratent --subcortgray --in "
        "mri/norm.mgz --in-intensity-name norm --in-intensity-units MR --etiv --surf-wm-vol --surf-ctx-vol "
        "--totalgray --euler --ctab /opt/freesurfer/ASegStatsLUT.txt --subject <name>"
    )
    header = _segstats_lines(tool, command, fields)
    header += headers.segstats_files("mri/aseg.mgz", "/opt/freesurfer/ASegStatsLUT.txt")
    header += ["# Excluding Cortical Gray and White Matter", "# ExcludeSegId 0 2 3 41 42 ", "# VoxelVolume_mm3 1 "]
    return _volume("aseg", tool, runs, brains, header)


def _wmparc(tool: Tool, runs: IntArray, brains: Brains) -> Block:
    source = tool.volumes[-1]
    names = _WMPARC if tool.is_fastsurfer else (*_WMPARC, "eTIV")
    fields = [headers.measure(name, brains.fields[tool.major], runs) for name in names]
    command = (
        f"mri_segstats --seg mri/{source}.mgz --sum stats/{source}.stats --pv mri/norm.mgz --excludeid 0 --brainmask "
        "mri/brainmask.mgz --in mri/norm.mgz --in-intensity-name norm --in-intensity-units MR --subject <name> "
        f"--surf-wm-vol --ctab /opt/freesurfer/WMParcStatsLUT.txt{'' if tool.is_fastsurfer else ' --etiv'}"
    )
    header = _segstats_lines(tool, command, fields)
    header += headers.segstats_files(f"mri/{source}.mgz", "/opt/freesurfer/WMParcStatsLUT.txt")
    header += ["# ExcludeSegId 0 ", "# Only reporting non-empty segmentations", "# VoxelVolume_mm3 1 "]
    return _volume(source, tool, runs, brains, header)


def _volume_columns(table: Table, runs: IntArray, decimals: int) -> list[Column]:
    places = {"NVoxels": 0, "Volume_mm3": decimals} | {f"norm{name}": 4 for name in _INTENSITIES}
    return _columns({name: values[runs] for name, values in table.items()}, places)


def _columns(table: Table, decimals: dict[str, int]) -> list[Column]:
    """Find what each column of a file holds, and how it is printed."""
    found = {name: measure_of(name) for name in decimals}
    return [Column(name, decimals[name], table[measure.name]) for name, measure in found.items() if measure]


def _volume(source: str, tool: Tool, runs: IntArray, brains: Brains, header: list[str | Field]) -> Block:
    """Make a table of ``mri_segstats``."""
    described = headers.segstats_columns("norm", "MR", surface=False, typo=tool.major < 7)
    rows = rows_of(source)
    cells = "%8d %10.1f  {:<30s} " + "%10.4f " * len(_INTENSITIES)
    return assemble(
        source,
        None,
        runs,
        header=[*header, *headers.segstats_bottom(described, len(rows))],
        rows=_numbered(rows, cells, tool),
        columns=_volume_columns(brains.tables[source], runs, decimals=1),
    )


def _name(row: Row, tool: Tool) -> str:
    return row.old if tool.major < 7 else row.region


def _numbered(rows: Sequence[Row], cells: str, tool: Tool) -> list[tuple[str, str]]:
    """Give each row of ``mri_segstats`` its running number, id and name."""
    return [
        (row.region, f"{number:3d} {row.segid:3d}  " + cells.format(_name(row, tool)))
        for number, row in enumerate(rows, start=1)
    ]


def _fastsurfer(runs: IntArray, brains: Brains) -> Block:
    """Make FastSurfer's own table, whose columns are just as wide as their greatest number needs."""
    rows = rows_of("aseg+DKT")
    columns = _volume_columns(brains.tables["aseg+DKT"], runs, decimals=3)
    widest = max(len(row.region) for row in rows)
    index, segid = (_digits(max(numbers)) for numbers in ([len(rows)], [row.segid for row in rows]))
    forms = [f"%<width {column.name}>{'d' if column.decimals == 0 else f'.{column.decimals}f'}" for column in columns]
    cells = " ".join([*forms[:2], f"{{:<{widest}s}}", *forms[2:]])
    described = [
        ("Index", "Index", "NA"),
        ("SegId", "Segmentation Id", "NA"),
        ("NVoxels", "Number of Voxels", "NA"),
        ("Volume_mm3", "Volume", "mm^3"),
        ("StructName", "Structure Name", "NA"),
        *((f"norm{name}", f"Intensity norm{name}", "MR") for name in _INTENSITIES),
    ]
    return assemble(
        "aseg+DKT",
        None,
        runs,
        header=[*headers.fastsurfer_top(_fastsurfer_command()), *headers.fastsurfer_bottom(described, len(rows))],
        rows=[
            (row.region, f"{number:{index}d} {row.segid:{segid}d} " + cells.format(row.region))
            for number, row in enumerate(rows, start=1)
        ],
        columns=columns,
        texts={f"<width {column.name}>": _widths(column) for column in columns},
    )


@cache
def _fastsurfer_command() -> str:
    ids = " ".join(str(row.segid) for row in rows_of("aseg+DKT"))
    return (
        "/fastsurfer/FastSurferCNN/segstats.py --segfile <dir>/<name>/mri/aparc.DKTatlas+aseg.deep.mgz --segstatsfile "
        "<dir>/<name>/stats/aseg+DKT.stats --normfile <dir>/<name>/mri/orig_nu.mgz --empty --excludeid 0 --ids "
        f"{ids} --lut /fastsurfer/FastSurferCNN/config/FreeSurferColorLUT.txt --threads 1"
    )


def _digits(number: float) -> int:
    return int(np.ceil(np.log10(number)))


def _widths(column: Column) -> list[str]:
    """Give the width of a column in each run."""
    extra = column.decimals + 1 if column.decimals else 0
    return [str(_digits(number) + extra) for number in np.nanmax(column.values, axis=1)]


def _brainvol(runs: IntArray, brains: Brains) -> Block:
    fields = [headers.measure(name, brains.fields[7], runs, "%.12f") for name in _BRAINVOL]
    return assemble("brainvol", None, runs, header=fields, rows=[], columns=[])


def _surface(tool: Tool, source: str, hemi: str, runs: IntArray, brains: Brains) -> Block:
    """Make a table of ``mris_anatomical_stats``."""
    table = side_of(brains.tables[source], hemi, runs)
    top = headers.surface_top(tool.anatomical, *_annotation(source, hemi))
    fields = brains.fields[tool.major]
    wide = [headers.measure(name, fields, runs, malformed=name == "CortexVol" and tool.major < 7) for name in _SURFACE]
    return assemble(
        source,
        hemi,
        runs,
        header=[
            *top,
            *_of_hemisphere(source, hemi, table, runs, brains),
            *([_FIXED] if tool.major > 6 else []),
            *wide,
            *headers.surface_bottom(),
        ],
        rows=[(row.region, f"{_name(row, tool):<40s}{_SURFACE_ROW}") for row in rows_of(source, hemi)],
        columns=_columns(table, _SURFACE_COLUMNS),
    )


def _annotation(source: str, hemi: str) -> tuple[str, str, str]:
    """Give the command line, the hemisphere and the annotation file of a surface table."""
    atlas = source.removesuffix(".pial")
    surface = "pial" if source.endswith(".pial") else "white"
    if atlas.startswith("BA"):
        output, cortex = f"../stats/{hemi}.{source}.stats", ""
        annotation, colours = f"./{hemi}.{atlas}.annot", f"./{atlas}.ctab"
    elif atlas.endswith(".mapped"):
        label = "<dir>/<name>/label"
        output, cortex = f"<dir>/<name>/surf/../stats/{hemi}.{source}.stats", f"-cortex {label}/{hemi}.cortex.label "
        annotation, colours = f"{label}/{hemi}.{atlas}.annot", f"{label}/aparc.annot.mapped.ctab"
    else:
        output, cortex = f"../stats/{hemi}.{source}.stats", f"-cortex ../label/{hemi}.cortex.label "
        annotation = f"../label/{hemi}.{atlas}.annot"
        colours = f"../label/aparc.annot{atlas.removeprefix('aparc')}.ctab"
    command = (
        f"mris_anatomical_stats -th3 -mgz {cortex}-f {output} -b -a {annotation} -c {colours} <name> {hemi} {surface}"
    )
    return command, hemi, annotation


def _of_hemisphere(source: str, hemi: str, table: Table, runs: IntArray, brains: Brains) -> list[Field]:
    """Measure the hemisphere: what the atlas covers, or all of the surface for tables without a cortex mask."""
    whole = source.startswith("BA")
    if whole:
        cortex, contrast = (side_of(brains.tables[name], hemi, runs) for name in ("aparc", "w-g.pct"))
        table = {name: np.hstack([cortex[name], contrast[name][:, :1]]) for name in ("n_vertices", "area")}
    area = "PialSurfArea" if source == "aparc.pial" else "WhiteSurfArea"
    sums = {"NumVert": table["n_vertices"].sum(axis=1), area: table["area"].sum(axis=1)}
    if not whole:
        thickness = (table["thickness"] * table["n_vertices"]).sum(axis=1)
        sums["MeanThickness"] = thickness / table["n_vertices"].sum(axis=1)
    every = np.arange(len(runs), dtype=np.intp)
    return [headers.measure(name, sums, every) for name in sums]


def _contrast(tool: Tool, hemi: str, runs: IntArray, brains: Brains) -> Block:
    """Make the table of the grey-white contrast."""
    kind = "w-g.pct.mapped" if tool.is_fastsurfer else "w-g.pct"
    table, rows = side_of(brains.tables[kind], hemi, runs), rows_of(kind, hemi)
    described = headers.segstats_columns("", "unknown", surface=True, typo=tool.major < 7)
    return assemble(
        "w-g.pct",
        hemi,
        runs,
        header=[*_contrast_header(tool, hemi), *headers.segstats_bottom(described, len(rows))],
        rows=_numbered(rows, "%8d %10.1f  {:<30s} " + "%10.4f " * 6, tool),
        columns=_contrast_columns(table, unlabelled_is_measured=tool.major < 7),
        texts={"<vertex area>": [f"{area:g}" for area in table["area"].sum(axis=1) / table["n_vertices"].sum(axis=1)]},
    )


def _contrast_header(tool: Tool, hemi: str) -> list[str]:
    image = f"<dir>/<name>/surf/{hemi}.w-g.pct.mgh"
    output = f"<dir>/<name>/stats/{hemi}.w-g.pct.stats"
    return [
        *headers.segstats_top(
            tool.segstats,
            f"mri_segstats --in {image} --annot <name> {hemi} aparc --sum {output} --snr",
            anatomy="surface",
        ),
        f"# Annot <name> {hemi} aparc",
        "# ColorTable /tmp/tmp.made-up.ctab ",
        "# ColorTableTimeStamp <date> 16:10:05 ",
        f"# InVolFile  {image} ",
        "# InVolFileTimeStamp  <date> 16:10:04 ",
        "# InVolFrame 0 ",
        "# Only reporting non-empty segmentations",
        "# VertexArea_mm2 <vertex area> ",
    ]


def _contrast_columns(table: Table, *, unlabelled_is_measured: bool) -> list[Column]:
    """Give the columns of a contrast file; since FreeSurfer 7 the unlabelled part has zeros and no ratio."""
    names = {"Mean": "contrast_mean", "StdDev": "contrast_std", "Min": "contrast_min", "Max": "contrast_max"}
    numbers = {name: np.round(table[column], 4) for name, column in names.items()}
    numbers["Range"] = numbers["Max"] - numbers["Min"]
    numbers["SNR"] = numbers["Mean"] / numbers["StdDev"]
    if not unlabelled_is_measured:
        for name, values in numbers.items():
            values[:, 0] = np.nan if name == "SNR" else 0.0
    counted = [Column("NVertices", 0, table["n_vertices"]), Column("Area_mm2", 1, table["area"])]
    return counted + [Column(name, 4, values) for name, values in numbers.items()]
