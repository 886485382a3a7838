"""Structures: today's names, ids, sides, and the names that older versions gave them."""

import re
from dataclasses import dataclass
from functools import cache

from fsstats.errors import KindsError
from fsstats.schema._data import read_tsv
from fsstats.schema._registry import Entry, entries, forget_with_registry, of_registry

_ATLASES = ("freesurfer", "subregions", "deep", "fastsurfer", "fsl")
"""The tables of atlases that ship, in ``atlases``."""


@dataclass(frozen=True, slots=True)
class Region:
    """One structure of an atlas."""

    atlas: str
    hemi: str | None
    name: str
    """FreeSurfer's current spelling."""
    segid: int | None
    printed: bool
    """Whether the stats file of the atlas has a row for it."""
    aliases: tuple[str, ...]
    """What earlier versions called it."""


@of_registry
def regions() -> tuple[Region, ...]:
    """Give all structures of the atlases that are known, in the order of their files."""
    shipped = (row for name in _ATLASES for row in read_tsv(f"atlases/{name}.tsv"))
    return (*map(_region, shipped), *(_described(where, entry) for where, entry in entries("region")))


def _region(row: dict[str, str]) -> Region:
    return Region(
        atlas=row["atlas"],
        hemi=row["hemi"] or None,
        name=row["region"],
        segid=int(row["segid"]) if row["segid"] else None,
        printed=row["printed"] == "yes",
        aliases=tuple(filter(None, row["aliases"].split(";"))),
    )


def _described(where: str, entry: Entry) -> Region:
    """Make a `Region` of a ``[[region]]`` table."""
    allowed = {"atlas": str, "name": str, "hemi": str, "segid": int, "printed": bool, "aliases": list}
    place = f"{where}: [[region]] {entry.get('name', '')}".rstrip()
    wrong = [name for name, value in entry.items() if not isinstance(value, allowed.get(name, ()))]
    if wrong or not {"atlas", "name"} <= set(entry):
        found = f"{wrong[0]} = {entry[wrong[0]]!r}" if wrong else f"only {', '.join(entry) or 'nothing'}"
        raise KindsError.at(place, expected="atlas and name, and perhaps hemi, segid, printed, aliases", found=found)
    known = {**entry, "aliases": tuple(entry.get("aliases", ()))}
    return Region(**{"hemi": None, "segid": None, "printed": True, **known})


@cache
def printed_regions(atlas: str, hemi: str | None = None) -> tuple[str, ...]:
    """Name the rows that the stats file of an atlas has, in its order; of one side if `hemi` is given.

    Examples
    --------
    >>> len(printed_regions("aparc", "lh")), printed_regions("aparc.DKTatlas", "rh")[0]
    (34, 'caudalanteriorcingulate')
    """
    chosen = [r for r in regions() if r.atlas == atlas and r.printed and (hemi is None or r.hemi == hemi)]
    return tuple(dict.fromkeys(region.name for region in chosen))


@of_registry
def _by_segid() -> dict[tuple[int, str], str]:
    return {
        (region.segid, alias): region.name
        for region in regions()
        if region.segid is not None
        for alias in region.aliases
    }


@cache
def names_of_segid(segid: int) -> tuple[str, ...]:
    """Give every name that any version has for an id of the segmentations; none for an id that is not known.

    Examples
    --------
    >>> names_of_segid(10), names_of_segid(99999)
    (('Left-Thalamus', 'Left-Thalamus-Proper'), ())
    """
    found = [r for r in regions() if r.segid == segid and r.atlas in ("aseg", "wmparc")]
    return tuple(dict.fromkeys(name for region in found for name in (region.name, *region.aliases)))


@of_registry
def _segids() -> dict[tuple[str | None, str, str | None], int]:
    known = [region for region in regions() if region.segid is not None]
    return {(region.atlas, region.name, region.hemi): region.segid for region in known if region.segid is not None}


def segid_of(name: str, atlas: str | None, hemi: str | None) -> int | None:
    """Give the id of a structure in FreeSurfer's colour table, by today's name; None where it has none.

    Examples
    --------
    >>> segid_of("Left-Hippocampus", "aseg", "lh"), segid_of("insula", "aparc", "rh"), segid_of("mine", None, None)
    (17, 2035, None)
    """
    return _segids().get((atlas, name, hemi))


@of_registry
def _cortical_names() -> frozenset[str]:
    known = {region.name for region in regions() if region.atlas.startswith(("aparc", "BA"))}
    return frozenset(known | {"unknown", "Unknown", "???", "NONE", "Medial_wall", "corpuscallosum"})


def is_cortical_name(name: str) -> bool:
    """Say whether any cortical atlas of FreeSurfer has a label of this name.

    Examples
    --------
    >>> is_cortical_name("insula"), is_cortical_name("ula")
    (True, False)
    """
    return name in _cortical_names() or name.endswith("Medial_Wall")


@cache
def _by_alias(atlas: str) -> dict[str, str]:
    return {alias: region.name for region in regions() if region.atlas == atlas for alias in region.aliases}


def canonical_region(name: str, *, segid: int | None = None, atlas: str | None = None) -> str:
    """Turn a structure's name of any version into today's spelling.

    In a volume table the id decides, because the string ``Left-Thalamus`` is
    id 9 in the colour table of FreeSurfer 6 and id 10 in that of FreeSurfer 7.
    In a surface table the atlas decides, and a label's file name loses its side
    and suffix. Names that are not known stay as they are.

    Examples
    --------
    >>> canonical_region("Left-Thalamus-Proper", segid=10)
    'Left-Thalamus'
    >>> canonical_region("Left-Thalamus", segid=9)
    'Left-Thalamus-unused'
    >>> canonical_region("G&S_frontomargin", atlas="aparc.a2009s")
    'G_and_S_frontomargin'
    >>> canonical_region("lh.entorhinal_exvivo.label")
    'entorhinal_exvivo'
    """
    if segid is not None:
        return _by_segid().get((segid, name), name)
    label = _LABEL_FILE.match(name)
    plain = label[1] if label else name
    return _by_alias(atlas).get(plain, plain) if atlas else plain


@cache
def _sides(atlas: str) -> dict[str, str | None]:
    """Give the side of every name that an atlas has on one side only."""
    sides: dict[str, str | None] = {}
    for region in regions():
        if region.atlas == atlas:
            sides[region.name] = None if region.name in sides else region.hemi
    return sides


def side_of(name: str, atlas: str | None) -> str | None:
    """Tell the side of a structure by its name, or else by its atlas.

    Examples
    --------
    >>> side_of("Left-Hippocampus", None), side_of("LC_R", "AAN"), side_of("insula", "aparc")
    ('lh', 'rh', None)
    """
    return hemi_of(name) or (_sides(atlas).get(name) if atlas else None)


@of_registry
def _names_with_ids() -> frozenset[str]:
    known = [region for region in regions() if region.segid is not None and region.atlas in ("aseg", "wmparc")]
    return frozenset(name for region in known for name in (region.name, *region.aliases))


def contradicts_id(name: str, segid: int) -> bool:
    """Say whether an id of FreeSurfer's colour table is another structure's, or one of the other side.

    Examples
    --------
    >>> contradicts_id("Left-Hippocampus", 17), contradicts_id("Right-Hippocampus", 17)
    (False, True)
    >>> contradicts_id("ctx-rh-entorhinal", 1006), contradicts_id("my-own", 17)
    (True, False)
    """
    side = _side_of_segid(segid)
    return (name in _names_with_ids() and name not in names_of_segid(segid)) or bool(
        side and hemi_of(name) not in {None, side}
    )


def _side_of_segid(segid: int) -> str | None:
    """Tell the side of an id by its structure or block: 1000 and 3000 left, 2000 and 4000 right."""
    if 1000 <= segid < 5000:
        return "lh" if segid // 1000 % 2 else "rh"
    sides = {hemi_of(name) for name in names_of_segid(segid)}
    return sides.pop() if len(sides) == 1 else None


_SIDE = re.compile(
    r"^(?:(?:Cbm_)?(Left|Right)[- _]|Whole-(Left|Right)$|(?:ctx|wm)[-_](lh|rh)[-_]|(lh|rh)[-_.]"
    r"|(?-i:([LR])-(?!Sg$)(?=[A-Z])))",
    re.IGNORECASE,
)
"""FastSurfer's cerebellum and hypothalamus have ``Cbm_Left_`` and ``L-``; L-Sg is a nucleus of either thalamus."""
_LABEL_FILE = re.compile(r"^[lr]h\.(.+)\.label$")
_HEMI = {"left": "lh", "right": "rh", "lh": "lh", "rh": "rh", "l": "lh", "r": "rh"}


def hemi_of(name: str) -> str | None:
    """Read the side out of a structure's name: 'lh', 'rh' or None.

    Examples
    --------
    >>> [hemi_of(name) for name in ("Left-Hippocampus", "wm-rh-insula", "Brain-Stem")]
    ['lh', 'rh', None]
    >>> [hemi_of(name) for name in ("Cbm_Right_V", "L-Fornix", "L-Sg")]
    ['rh', 'lh', None]
    """
    found = _SIDE.match(name)
    return _HEMI[next(filter(None, found.groups())).lower()] if found else None


for _kept in (printed_regions, names_of_segid, _by_alias, _sides):
    forget_with_registry(_kept.cache_clear)
