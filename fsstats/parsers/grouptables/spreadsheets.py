"""Tables that no tool of FreeSurfer made: each column's name must say by itself what it holds."""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from fsstats.parsers._header import Remark
from fsstats.parsers.grouptables.columns import (
    Label,
    Meaning,
    field_label,
    measure_named,
    region_label,
    region_of,
    understand,
)
from fsstats.schema import source_of
from fsstats.schema.groupings import CORTEX_FIELDS

_DK_ONLY: Final = frozenset({"bankssts", "frontalpole", "temporalpole"})
"""Regions of the Desikan-Killiany atlas that the DKT atlas lacks; all others have one name in both."""
_DESTRIEUX: Final = frozenset({"aparc.a2009s"})
_WHICH_CORTEX: Final = "the names fit several atlases; give source=, such as 'aparc' or 'aparc.DKTatlas'"
_WHICH_VOLUME: Final = "the names fit several atlases; give source=, such as 'aseg+DKT' or 'aparc.DKTatlas+aseg'"
_WHICH_FILE: Final = "no structure says which stats file it is of; give source=, such as 'aseg'"
_WHICH_SIDE: Final = "no side is said; give hemi='lh' or hemi='rh'"
_WHICH_MEASURE: Final = "no measure is said; give measure=, such as 'thickness'"
_NOT_EVEN_THAT: Final = "it may be any program's; call it eTIV if it is FreeSurfer's"


class Wish(NamedTuple):
    """What is known of a table beside its content: its name, and what the user says."""

    where: str
    source: str | None = None
    hemi: str | None = None
    measure: str | None = None

    @property
    def of_surface(self) -> str | None:
        """The source, if it may be one of surfaces."""
        known = source_of(self.source)
        return self.source if known is None or known.hemispheric else None

    @property
    def of_volume(self) -> str | None:
        """The source, if it may be one of volumes."""
        known = source_of(self.source)
        return self.source if known is None or not known.hemispheric else None


class _Sources(NamedTuple):
    """Which stats file each sort of column is of; None where the table does not tell."""

    cortex: str | None
    volume: str | None
    whole: str | None
    """Header Measures of the whole brain."""


def cortex_of(parcels: Collection[Meaning]) -> str | None:
    """Tell the atlas of cortical regions by their names; None where they do not tell it."""
    if any(parcel.name in _DK_ONLY for parcel in parcels):
        return "aparc"
    if parcels and all(parcel.atlases == _DESTRIEUX for parcel in parcels):
        return "aparc.a2009s"
    return None


def _sources(meanings: Collection[Meaning], wish: Wish) -> _Sources:
    parcels = [one for one in meanings if one.sort == "parcel"]
    ribbon = [one for one in meanings if one.sort == "ribbon"]
    cortex = wish.of_surface or cortex_of([one for one in parcels if one.atlases != _DESTRIEUX] or parcels)
    named = cortex_of(ribbon)
    volume = wish.of_volume or (named and f"{named}+aseg" if ribbon else "aseg")
    has_volumes = any(one.sort in {"segment", "ribbon"} for one in meanings)
    return _Sources(cortex, volume, volume if has_volumes else wish.source or cortex)


def ribbon_label(source: str, meaning: Meaning, measure: str, name: str) -> Label:
    """Label a cortical region of a volume, which has the side in its name."""
    atlas, mark = ("aparc.a2009s", "_") if meaning.atlases == _DESTRIEUX else ("aparc", "-")
    known = region_of(atlas, meaning.name, meaning.hemi)
    label = region_label(source, measure, f"ctx{mark}{meaning.hemi}{mark}{meaning.name}")
    return label._replace(segid=known.segid if known else None, name=name)


def labels_of(names: Mapping[int, str], wish: Wish) -> tuple[dict[int, Label], tuple[Remark, ...]]:
    """Label the columns of a spreadsheet that are understood; what cannot be told is asked for.

    Parameters
    ----------
    names : mapping of int to str
        Columns by place.
    wish : Wish
        What the user says where the names do not.

    Returns
    -------
    labels : dict of int to Label
        By place.
    remarks : tuple of Remark
        What must be given so that the other columns can be used.
    """
    meanings = {place: meaning for place, name in names.items() if (meaning := understand(name))}
    sources = _sources(meanings.values(), wish)
    labels: dict[int, Label] = {}
    asked: dict[str, list[str]] = {}
    for place, meaning in meanings.items():
        label = _label(names[place], meaning, sources, wish)
        if isinstance(label, Label):
            labels[place] = label
        else:
            asked.setdefault(label, []).append(names[place])
    bare = [names[place] for place in labels if _is_bare(meanings[place]) and wish.measure is None]
    remarks = [Remark(1, f"{_such(columns)} cannot be used: {question}") for question, columns in asked.items()]
    return labels, (*remarks, *_assumed(bare))


def _label(name: str, meaning: Meaning, sources: _Sources, wish: Wish) -> Label | str:
    """Label one column, or say what must be given for it."""
    if meaning.sort == "parcel":
        return _parcel(name, meaning, sources, wish)
    if meaning.sort == "field":
        return _field(name, meaning, sources)
    if meaning.sort == "white":
        source = wish.of_volume or "wmparc"
    elif sources.volume is None:
        return _WHICH_VOLUME
    else:
        source = sources.volume
    measure = meaning.measure or _wished(wish) or "volume"
    if meaning.sort == "ribbon":
        return ribbon_label(source, meaning, measure, name) if meaning.hemi else _WHICH_SIDE
    return region_label(source, measure, meaning.name, hemi=meaning.hemi)._replace(name=name)


def _wished(wish: Wish) -> str | None:
    return wish.measure and (measure_named(wish.measure) or wish.measure)


def _parcel(name: str, meaning: Meaning, sources: _Sources, wish: Wish) -> Label | str:
    destrieux = "aparc.a2009s" if meaning.atlases == _DESTRIEUX else None
    source, hemi = destrieux or sources.cortex, meaning.hemi or wish.hemi
    measure = meaning.measure or _wished(wish)
    if source is None:
        return _WHICH_CORTEX
    if hemi is None:
        return _WHICH_SIDE
    if measure is None:
        return _WHICH_MEASURE
    return region_label(source, measure, meaning.name, hemi=hemi)._replace(name=name)


def _field(name: str, meaning: Meaning, sources: _Sources) -> Label | str:
    if meaning.name == "ICV":
        return _NOT_EVEN_THAT
    if meaning.name in CORTEX_FIELDS:
        return field_label(sources.cortex, meaning.name, meaning.hemi, name) if sources.cortex else _WHICH_CORTEX
    return field_label(sources.whole, meaning.name, None, name) if sources.whole else _WHICH_FILE


def _is_bare(meaning: Meaning) -> bool:
    return meaning.sort in {"segment", "white", "ribbon"} and meaning.measure is None


def _such(names: Collection[str]) -> str:
    first = next(iter(names))
    return f"column {first!r}" if len(names) == 1 else f"{len(names)} columns such as {first!r}"


def _assumed(names: Collection[str]) -> tuple[Remark, ...]:
    if not names:
        return ()
    text = f"{_such(names)} without a word for the measure, taken as volume in mm^3; give measure= if it is not"
    return (Remark(1, text, loss=False),)
