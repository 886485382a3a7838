"""Where on a brain map each row is drawn, and what is not drawn, and why."""

from collections.abc import Mapping
from functools import cache
from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import as_words, plain_rows, some_of
from fsstats.errors import TableError, UnknownNameError
from fsstats.plots._names import region_labels
from fsstats.plots._shapes import OUTLINES, Place, views_of
from fsstats.schema import HEMIS, atlas_of, canonical_region, regions, side_of
from fsstats.schema.groupings import unsided

BOTH: Final = "of both sides together"
ABSENT: Final = "not in the table"
NO_NUMBER: Final = "no number"
NO_OUTLINE: Final = "no outline"
_APART: Final = ("subject", "session", "stream", "site", "left_out", "method")
"""What may tell rows of one region apart."""


@cache
def drawn_places(atlas: str) -> tuple[Place, ...]:
    """Give the regions of an atlas that have an outline: left, right, then what has no side.

    Examples
    --------
    >>> len(drawn_places("aparc")), drawn_places("aseg")[-1]
    (68, (None, 'Brain-Stem'))
    """
    found = {place for view in views_of(OUTLINES[atlas].atlas).values() for place in view.regions}
    return tuple(sorted(found, key=lambda place: (place[0] or "~", place[1])))


def known_places(atlas: str) -> Mapping[Place, Place]:
    """Give the regions of an atlas, by side and name without side.

    Examples
    --------
    >>> known_places("aseg")["lh", "Amygdala"], known_places("aparc")["rh", "insula"]
    (('lh', 'Left-Amygdala'), ('rh', 'insula'))
    """
    known = [(region.hemi, region.name) for region in regions() if region.atlas == atlas]
    drawn = drawn_places(atlas) if atlas in OUTLINES else ()
    return {(hemi, unsided(name, atlas)): (hemi, name) for hemi, name in (*drawn, *known)}


def places_of(region: str, hemi: str | None, atlas: str, known: Mapping[Place, Place]) -> list[Place]:
    """Find where a region lies: one place, or left and right for what is made of both.

    Parameters
    ----------
    region, hemi : str, str or None
        As in the table.
    atlas : str
        Whose names they are.
    known : mapping
        Its `known_places`.

    Returns
    -------
    list
        Places; none for a name that the atlas does not have.

    Examples
    --------
    >>> places_of("Left-Thalamus-Proper", "lh", "aseg", known_places("aseg"))
    [('lh', 'Left-Thalamus')]
    >>> places_of("insula", "lr", "aparc", known_places("aparc"))
    [('lh', 'insula'), ('rh', 'insula')]
    """
    name = region if any(region == own for _, own in known.values()) else canonical_region(region, atlas=atlas)
    side, bare = side_of(name, atlas) or (hemi if hemi in HEMIS else None), unsided(name, atlas)
    if side is None and (None, bare) in known:
        return [known[None, bare]]
    return [known[one, bare] for one in ([side] if side else HEMIS) if (one, bare) in known]


def placed(rows: pd.DataFrame) -> pd.DataFrame:
    """Give each row the region that it is drawn in, or both, or a note why it is not.

    Parameters
    ----------
    rows : DataFrame
        source, hemi, region, outlines (whose outlines are drawn) and value.

    Returns
    -------
    DataFrame
        The rows, one of both sides twice, with today's names of sides and regions, and a note.

    Raises
    ------
    UnknownNameError
        If the atlas has no region of this name; with the nearest names.
    TableError
        If a region has several rows.
    """
    told, numbers = plain_rows(rows[["source", "hemi", "region", "outlines"]]), rows["value"].tolist()
    atlases = {source: atlas_of(source) or outlines for source, _, _, outlines in told}
    known = {atlas: known_places(atlas) for atlas in atlases.values()}
    positions, places, notes = [], [], []
    for position, (source, hemi, region, outlines) in enumerate(told):
        atlas = atlases[source]
        found = places_of(region, hemi, atlas, known[atlas])
        if not found:
            raise _unknown(region, hemi, source or atlas, known[atlas])
        for place in found:
            positions.append(position)
            places.append(place)
            notes.append(_note(place, outlines, both=len(found) > 1, number=numbers[position]))
    hemis, names = zip(*places, strict=True)
    columns = {"hemi": hemis, "region": names, "note": notes}
    table = rows.iloc[positions].reset_index(drop=True)
    table = table.assign(**{name: pd.Series(words, dtype="str") for name, words in columns.items()})
    _refuse_repeats(table)
    return table


def _note(place: Place, outlines: str, *, both: bool, number: float) -> str | None:
    if place not in drawn_places(outlines):
        return NO_OUTLINE
    if np.isnan(number):
        return NO_NUMBER
    return BOTH if both else None


def _unknown(region: str, hemi: str | None, of: str, known: Mapping[Place, Place]) -> UnknownNameError:
    names = {name for _, name in known.values()} | {bare for _, bare in known}
    kind = f"region of {of}" + (f" on the side {hemi}" if region in names else "")
    return UnknownNameError.among(kind, region, names - {region}, shown={name for _, name in known.values()})


def _refuse_repeats(table: pd.DataFrame) -> None:
    """Raise if a region has several rows, naming what tells them apart."""
    key = ["outlines", "hemi", "region"]
    twice = table.duplicated(key, keep=False)
    if not twice.any():
        return
    first = table[twice].iloc[0]
    own = table[(table[key].fillna("") == first[key].fillna("")).all(axis=1)]
    apart = [name for name in _APART if name in own.columns and len(own[name].unique()) > 1]
    told = "; ".join(f"{name}: {some_of(as_words(own[name]).fillna('(none)').unique().tolist())}" for name in apart)
    found = f"{len(own)} rows of {region_labels(own.iloc[:1])[0]}" + (f" ({told})" if told else "")
    hint = "Choose one, or average='mean' over subjects" if "subject" in apart else "Choose one row for each region"
    message = f"brain_map draws one value a region, found {found}. {hint}"
    raise TableError(message)


def absent(table: pd.DataFrame) -> pd.DataFrame:
    """Give a row to every region that has an outline and is not among those that are placed."""
    there = set(plain_rows(table[["outlines", "hemi", "region"]]))
    own = plain_rows(table.drop_duplicates("outlines")[["outlines", "source", "measure"]])
    lacking = [
        (atlas, source, hemi, name, measure)
        for atlas, source, measure in own
        for hemi, name in drawn_places(atlas)
        if (atlas, hemi, name) not in there
    ]
    found = pd.DataFrame(lacking, columns=["outlines", "source", "hemi", "region", "measure"], dtype="str")
    texts = [f"{label}: {ABSENT}" for label in region_labels(found)]
    return found.assign(value=np.nan, significant=False, note=ABSENT, text=texts)
