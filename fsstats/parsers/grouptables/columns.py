"""What the name of a column says: structure, side, measure, in all the spellings that people use."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from fsstats.parsers.long import UNKNOWN_UNIT
from fsstats.schema import GLOBAL, Region, atlas_of, global_measures, hemi_of, measure_of, measures, regions
from fsstats.schema._registry import forget_with_registry, of_registry
from fsstats.schema.groupings import CORTEX_FIELDS

_FIELDS: Final = (
    *CORTEX_FIELDS,
    *(f"{side}{name}" for side in ("lh", "rh", "") for name in ("CortexVol", "SurfaceHoles")),
    *(f"{side}{kind}WhiteMatterVol" for side in ("lh", "rh", "") for kind in ("Cortical", "Cerebral")),
    *("BrainSegVol", "BrainSegVolNotVent", "BrainSegVolNotVentSurf", "BrainSegVol-to-eTIV", "BrainVol-to-eTIV"),
    *("SupraTentorialVol", "SupraTentorialVolNotVent", "SupraTentorialVolNotVentVox", "SubCortGrayVol", "TotalGrayVol"),
    *("VentricleChoroidVol", "MaskVol", "MaskVol-to-eTIV", "ICV", "eTIV", "sTIV"),
)
"""Header Measures that a column may hold: those of asegstats2table and aparcstats2table, and a few of people's own.

Other programs' (``brain_volume``, ``FI``) are names that any column may have.
"""
_CORTICAL: Final = ("aparc", "aparc.DKTatlas", "aparc.a2009s", "BA_exvivo")
_HEMI: Final = {"lh": "lh", "rh": "rh", "left": "lh", "right": "rh", "l": "lh", "r": "rh"}
_TOOLS: Final = {
    "area": "SurfArea",
    "surfavg": "SurfArea",
    "volume": "Volume_mm3",
    "thickness": "ThickAvg",
    "thicknessstd": "ThickStd",
    "meancurv": "MeanCurv",
    "gauscurv": "GausCurv",
    "foldind": "FoldInd",
    "curvind": "CurvInd",
    "nvoxels": "NVoxels",
    "nvertices": "NVertices",
    "mean": "Mean",
    "std": "StdDev",
    "max": "Max",
    "snr": "SNR",
}
"""The words of asegstats2table, aparcstats2table and ENIGMA, and the columns of stats files that they mean."""


class Label(NamedTuple):
    """What one column holds, as the long table says it."""

    source: str
    hemi: str | None
    region: str
    measure: str
    unit: str
    segid: int | None
    name: str
    """The structure's or Measure's name as it stands in the table."""

    @property
    def key(self) -> tuple[str, str | None, str, str]:
        """What tells it from every other column."""
        return self.source, self.hemi, self.region, self.measure


class Meaning(NamedTuple):
    """What a column's name says by itself."""

    sort: str
    """``field`` (a header Measure), ``segment``, ``white``, ``ribbon`` (``ctx-lh-``) or ``parcel`` (of a surface)."""
    name: str
    hemi: str | None = None
    measure: str | None = None
    atlases: frozenset[str] = frozenset()


def fold(name: str) -> str:
    """Make spellings alike: R turns every hyphen into a point and puts an X before a digit.

    Examples
    --------
    >>> fold("Left.Lateral.Ventricle") == fold("Left-Lateral-Ventricle"), fold("X3rd.Ventricle")
    (True, '3rd-ventricle')
    """
    plain = re.sub(r"[-_. &]+", "-", name).strip("-").casefold()
    return re.sub(r"^x(?=\d)", "", plain)


@of_registry
def _fields() -> Mapping[str, str]:
    """Give header Measures by their folded names, and by their long names where the tables use these."""
    known = [measure for name, measure in global_measures().items() if name in _FIELDS]
    long_names = {fold(m.key): m.field for m in known if m.key.endswith("IntraCranialVol")}
    return {fold(measure.field): measure.field for measure in known} | long_names


@of_registry
def _segments() -> Mapping[str, Region]:
    """Give the structures of volume segmentations by their folded names; a name in use goes before an older one."""
    known = [region for region in regions() if region.atlas in {"aseg", "wmparc"}]
    named = {fold(region.name): region for region in known}
    return {fold(alias): region for region in known for alias in region.aliases} | named


@of_registry
def _parcels() -> Mapping[str, Mapping[str, str]]:
    """Give by folded name today's name of a cortical region in each atlas that has it."""
    found: dict[str, dict[str, str]] = {}
    for region in regions():
        if region.atlas in _CORTICAL:
            for name in (region.name, *region.aliases):
                found.setdefault(fold(name), {})[region.atlas] = region.name
    return found


@of_registry
def _words() -> Mapping[str, str]:
    """Give measures by their folded words: the tools', the columns' of stats files, and ours."""
    ours = {fold(measure.name): measure.name for measure in measures().values()}
    columns = {fold(name): measure.name for measure in measures().values() for name in measure.columns}
    tools = {word: known.name for word, column in _TOOLS.items() if (known := measure_of(column))}
    return ours | columns | tools


def measure_named(word: str) -> str | None:
    """Give our name of a measure that a tool, a stats file or a user calls so; None for a stranger.

    Examples
    --------
    >>> measure_named("thickavg"), measure_named("nvoxels"), measure_named("height")
    ('thickness', 'n_voxels', None)
    """
    return _words().get(fold(word))


@lru_cache(maxsize=65536)
def understand(name: str) -> Meaning | None:
    """Say what a column's name means by itself; None for a name that says nothing of a brain.

    Examples
    --------
    >>> understand("lh_bankssts_thickness")[:4]
    ('parcel', 'bankssts', 'lh', 'thickness')
    >>> understand("Left-Thalamus-Proper").name, understand("age")
    ('Left-Thalamus', None)
    """
    for measure, rest in _without_measure(fold(name)):
        found = _understand_place(rest)
        if found is not None:
            return found._replace(measure=measure)
    return None


forget_with_registry(understand.cache_clear)


def _without_measure(folded: str) -> Iterator[tuple[str | None, str]]:
    """Give a name as it is, then without the word for a measure at its end (or before a side there) or beginning."""
    yield None, folded
    words = folded.split("-")
    side = words[-1:] if words[-1] in _HEMI else []
    inner = words[: len(words) - len(side)]
    for n in (1, 2):
        if len(inner) > n:
            last, first = "-".join(inner[-n:]), "-".join(words[:n])
            if last in _words():
                yield _words()[last], "-".join([*inner[:-n], *side])
            if first in _words():
                yield _words()[first], "-".join(words[n:])


def _understand_place(folded: str) -> Meaning | None:
    field = _fields().get(folded)
    if field is not None and field not in CORTEX_FIELDS:
        return Meaning("field", field, global_measures()[field].hemi)
    if (region := _segments().get(folded)) is not None and folded != "unknown":
        return Meaning("white" if region.atlas == "wmparc" else "segment", region.name, region.hemi)
    return _understand_cortex(folded)


def _understand_cortex(folded: str) -> Meaning | None:
    ribbon = folded.startswith("ctx-")
    words = folded.removeprefix("ctx-").split("-")
    if words[0] in _HEMI and len(words) > 1:
        hemi, place = _HEMI[words[0]], "-".join(words[1:])
    elif words[-1] in _HEMI and len(words) > 1:
        hemi, place = _HEMI[words[-1]], "-".join(words[:-1])
    else:
        hemi, place = None, folded
    field = _fields().get(place)
    if field in CORTEX_FIELDS and hemi is not None:
        return Meaning("field", field, hemi)
    named = _parcels().get(place)
    if named is None:
        return None
    return Meaning("ribbon" if ribbon else "parcel", next(iter(named.values())), hemi, None, frozenset(named))


def unit_of(measure: str, source: str) -> str:
    """Give a measure's unit; that of intensities is the images', which recon-all's files call MR."""
    known = measures().get(measure)
    if known is not None and known.unit:
        return known.unit
    return "MR" if known is not None and source in {"aseg", "wmparc"} else UNKNOWN_UNIT


def field_label(source: str, field: str, hemi: str | None, name: str) -> Label:
    """Label a header Measure, as the long table of one file does."""
    known = global_measures().get(field)
    unit = known.unit if known else UNKNOWN_UNIT
    return Label(source, (known.hemi if known else hemi_of(field)) or hemi, GLOBAL, field, unit, None, name)


def region_label(source: str, measure: str, name: str, *, hemi: str | None = None) -> Label:
    """Label a structure's value; its name is made today's by the atlas of the source."""
    region = region_of(source, name, hemi)
    if region is None:
        return Label(source, hemi or hemi_of(name), name, measure, unit_of(measure, source), None, name)
    segid = region.segid if not region.atlas.startswith(_CORTICAL) else None
    side = hemi or region.hemi or hemi_of(region.name)
    return Label(source, side, region.name, measure, unit_of(measure, source), segid, name)


@lru_cache(maxsize=65536)
def region_of(source: str, name: str, hemi: str | None = None) -> Region | None:
    """Find a structure of the source's atlas by any spelling; None where the atlas has none of that name."""
    if source in _SEGMENTATIONS and fold(name) in _segments():
        return _segments()[fold(name)]
    known = _of_atlas(atlas_of(source) or source)
    return known.get((fold(name), hemi)) or known.get((fold(name), None))


_SEGMENTATIONS: Final = ("aseg", "wmparc", "aparc+aseg", "aparc.a2009s+aseg", "aseg+DKT")


@lru_cache(maxsize=64)
def _of_atlas(atlas: str) -> Mapping[tuple[str, str | None], Region]:
    """Give an atlas's structures by folded name and side, and by name alone; names in use go before older ones."""
    known = [region for region in regions() if region.atlas == atlas]
    spelt = [(alias, region) for region in known for alias in region.aliases]
    spelt += [(region.name, region) for region in known]
    return {(fold(name), side): region for name, region in spelt for side in (region.hemi, None)}


forget_with_registry(region_of.cache_clear)
forget_with_registry(_of_atlas.cache_clear)


def is_known_atlas(source: str) -> bool:
    """Say whether all structures of a source are known here, so that another name is a stranger's."""
    return source in _SEGMENTATIONS or bool(_of_atlas(atlas_of(source) or source))
