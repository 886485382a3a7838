"""What a file's measures mean where that changed between versions.

The same column name has stood for different quantities. Each rule below says,
for one measure, which meaning it has in this file, so that a cohort that
mixes meanings can be told from one that does not.
"""

from collections.abc import Callable

from fsstats.parsers.statsfile import StatsFile
from fsstats.schema import number

MIXED_MEANING = {
    "volume": "grey matter volume of a cortical region: th3 cuts the ribbon into prisms, "
    "area_x_thickness multiplies (FreeSurfer up to 5.3, and 8.1 and later)",
    "n_voxels": "voxels of a structure: count is the real number, the other two are its partial volume "
    "truncated (up to 5.1) or rounded (5.2, 5.3)",
    "SubCortGrayVol": "up to FreeSurfer 5.1 cerebellar cortex and brain stem are included",
    "MaskVol": "uncorrected: counted in voxels and never multiplied by the voxel's size (FreeSurfer 5.2 to 6.0)",
    "BrainSegVol": "uncorrected: counted in voxels and never multiplied by the voxel's size "
    "(FreeSurfer 5.2 to 6.0 on voxels that are not 1 mm^3)",
    "CerebralWhiteMatterVol": "up to FreeSurfer 6 within the white surface, from 7 counted in voxels",
}
"""What to tell a user when a cohort holds more than one meaning of a measure."""


def definitions(stats: StatsFile) -> dict[str, str]:
    r"""Tell which meaning the file's measures have, for those whose meaning changed.

    Parameters
    ----------
    stats : StatsFile
        The file.

    Returns
    -------
    dict of str to str
        Measure to meaning; only measures that the file has and whose meaning its header tells.

    Notes
    -----
    ``volume`` of a cortical region: ``th3`` or ``area_x_thickness``, from the ``-th3`` and ``-no-th3``
    of the command line, which FreeSurfer 6 introduced. ``n_voxels`` of a segmentation with partial
    volumes: ``truncated_volume`` (up to 5.1), ``rounded_volume`` (5.2, 5.3), ``count`` (6 and later,
    FastSurfer). ``SubCortGrayVol``: ``with_cerebellum_and_brainstem`` (up to 5.1) or ``subcortical``.
    ``BrainSegVol`` and ``MaskVol``: ``uncorrected`` if voxels were counted and never scaled (5.2 to 6.0,
    voxels not 1 mm^3), else ``mm3``. ``CerebralWhiteMatterVol``: ``surface`` (6.0) or ``voxels`` (7 and later).

    Examples
    --------
    >>> from fsstats.parsers import parse_stats
    >>> text = "# cmdline mris_anatomical_stats -th3 -b bert lh\n# ColHeaders StructName GrayVol\ninsula 7000\n"
    >>> definitions(parse_stats(text))
    {'volume': 'th3'}
    """
    meanings = {measure: rule(stats) for measure, rule in _RULES.items()}
    return {measure: meaning for measure, meaning in meanings.items() if meaning is not None}


def _has(stats: StatsFile, field: str) -> bool:
    return any(line.field == field for line in stats.measure_lines)


def _up_to(stats: StatsFile, *limit: int) -> bool | None:
    """Say whether FreeSurfer `limit` or an earlier release wrote the file; None if that is not known."""
    version = number(stats.version) if stats.tool == "FreeSurfer" else None
    return None if version is None else version[: len(limit)] <= limit


def _gray_volume(stats: StatsFile) -> str | None:
    if "GrayVol" not in stats.columns:
        return None
    options = stats.header.get("cmdline", "").split()
    if "-th3" in options:
        return "th3"
    return "area_x_thickness" if "-no-th3" in options or _up_to(stats, 5) else None


def _voxel_count(stats: StatsFile) -> str | None:
    if "NVoxels" not in stats.columns:
        return None
    if "PVVolFile" not in stats.header or stats.tool == "FastSurfer":
        return "count"
    if _up_to(stats, 5, 1):
        return "truncated_volume"
    return _either(_up_to(stats, 5), "rounded_volume", "count")


def _subcortical_gray(stats: StatsFile) -> str | None:
    if not _has(stats, "SubCortGrayVol"):
        return None
    return _either(_up_to(stats, 5, 1), "with_cerebellum_and_brainstem", "subcortical")


def _either(condition: bool | None, yes: str, no: str) -> str | None:  # noqa: FBT001 - three values
    return None if condition is None else yes if condition else no


def _voxel_volumes(measure: str) -> "Callable[[StatsFile], str | None]":
    """Tell whether a volume that counts voxels was multiplied by their size; not known up to FreeSurfer 5.1."""

    def rule(stats: StatsFile) -> str | None:
        size = _float(stats.header.get("VoxelVolume_mm3", ""))
        if size is None or not _has(stats, measure) or stats.tool != "FreeSurfer":
            return None
        if abs(size - 1) < 0.01 or any(field.startswith("BrainVolStatsFixed") for field in stats.header):
            return "mm3"  # the bound is FreeSurfer's own
        return None if _up_to(stats, 5, 1) is not False else _either(_up_to(stats, 6), "uncorrected", "mm3")

    return rule


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _white_matter(stats: StatsFile) -> str | None:
    if not _has(stats, "CerebralWhiteMatterVol") or stats.tool != "FreeSurfer":
        return None
    return _either(_up_to(stats, 6), "surface", "voxels")


_RULES: dict[str, Callable[[StatsFile], str | None]] = {
    "volume": _gray_volume,
    "n_voxels": _voxel_count,
    "SubCortGrayVol": _subcortical_gray,
    "BrainSegVol": _voxel_volumes("BrainSegVol"),
    "MaskVol": _voxel_volumes("MaskVol"),
    "CerebralWhiteMatterVol": _white_matter,
}
