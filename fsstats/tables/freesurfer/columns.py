"""Which columns a stats file gives to a table of FreeSurfer's, and which ones the script sees in it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from fsstats._frames import Positions
from fsstats.errors import ScriptError
from fsstats.parsers import Layout
from fsstats.parsers.literal import Literal, Reader
from fsstats.schema import GLOBAL, global_measures
from fsstats.tables._alike import Alike
from fsstats.tables.freesurfer.specs import (
    APARC_WORDS,
    ASEG_WORDS,
    BARE,
    EXTRAS,
    TOTALS,
    AparcTable,
    AsegTable,
    Spec,
    Word,
)


class Column(NamedTuple):
    """One column that a file has, or was asked for."""

    key: str | None
    """The segmentation id; None for a header Measure."""
    name: str | None
    """None as long as no file has told it."""
    at: int = -1
    """Position in the file's layout; -1 where the file does not have it."""


def columns_of(files: Sequence[Alike], spec: Spec) -> list[list[Column]]:
    """Give the columns of each group of files.

    Raises
    ------
    ScriptError
        If no file has the measure.
    """
    measures = {
        measure
        for one in files
        for measure, region in zip(one.layout.measure, one.layout.region, strict=True)
        if region != GLOBAL
    }
    if measures and measures.isdisjoint(_word(spec).measures):
        message = f"{spec.source} has no {spec.measure}; it has {', '.join(sorted(measures))}"
        raise ScriptError.saying(message)
    if isinstance(spec, AsegTable):
        return [_aseg_columns(one.layout, spec) for one in files]
    return [_aparc_columns(one.layout, spec) for one in files]


def _word(spec: Spec) -> Word:
    return ASEG_WORDS[spec.measure] if isinstance(spec, AsegTable) else APARC_WORDS[spec.measure]


def _places(layout: Layout, spec: Spec) -> list[int]:
    """Give the positions of the measure of all structures, in the order of the file; none if it does not have it."""
    structures = [i for i, region in enumerate(layout.region) if region != GLOBAL]
    there = {layout.measure[i] for i in structures}
    name = next((measure for measure in _word(spec).measures if measure in there), None)
    return [i for i in structures if layout.measure[i] == name]


def _fields(layout: Layout, titles: Mapping[str, str]) -> Iterator[Column]:
    for i, (region, field) in enumerate(zip(layout.region, layout.measure, strict=True)):
        if region == GLOBAL and field in titles:
            yield Column(None, titles[field], i)


def _aseg_columns(layout: Layout, spec: AsegTable) -> list[Column]:
    places = _places(layout, spec)
    found = [Column(_id(layout.segid[i]), layout.name_found[i], i) for i in places]
    left_out = {str(one) for one in spec.without}
    found = [one for one in found if one.key not in left_out and _is_within(one.key, spec.up_to)]
    if spec.only is not None:
        known = {one.key: one for one in found}
        found = [known.get(key, Column(key, None)) for key in dict.fromkeys(map(str, spec.only))]
    extras = [*_fields(layout, EXTRAS)] if spec.measure == "volume" and spec.extras else []
    return [*found, *extras] if spec.only is not None else _in_order([*found, *extras], layout)


def _in_order(columns: Sequence[Column], layout: Layout) -> list[Column]:
    """Put header Measures that stand in front of all structures behind them; what a table has elsewhere stays there."""
    first = next((i for i, region in enumerate(layout.region) if region != GLOBAL), len(layout))
    return sorted(columns, key=lambda column: (column.at < first, column.at))


def _id(segid: int | None) -> str | None:
    return None if segid is None else str(segid)


def _is_within(key: str | None, greatest: int | None) -> bool:
    return greatest is None or key is None or int(key) <= greatest


def _aparc_columns(layout: Layout, spec: AparcTable) -> list[Column]:
    found = {layout.name_found[i]: i for i in _places(layout, spec)}
    if spec.only:
        found = {name: found.get(name, -1) for name in spec.only}
    total = TOTALS.get(spec.measure)
    titles = {name: name for name in (*BARE, total) if name}
    found |= {str(one.name): one.at for one in _fields(layout, titles)}
    columns = [Column(None, name, at) for name, at in found.items()]
    return columns if spec.only else _in_order(columns, layout)


def reader_of(spec: Spec) -> Reader:
    """Tell which words of a stats file the script takes for a table."""
    if isinstance(spec, AsegTable):
        extras = EXTRAS if spec.measure == "volume" and spec.extras else ()
        prefixes = {f"{_start(field)},": field for field in extras}
        without = frozenset(map(str, spec.without))
        place = _word(spec).place
        return Reader(name=4, value=place, segid=1, prefixes=prefixes, up_to=spec.up_to, without=without)
    total = TOTALS.get(spec.measure)
    prefixes = {_start(field): field for field in BARE} | ({f"{_start(total)},": total} if total else {})
    return Reader(name=0, value=_word(spec).place, segid=None, prefixes=prefixes)


def lacking_fields(files: Sequence[Alike], spec: Spec) -> list[str]:
    """Name the header Measures that such a table usually ends with, if no file has any: a table of chosen measures."""
    if isinstance(spec, AsegTable):
        due = ["BrainSegVol", "eTIV"] if spec.measure == "volume" and spec.extras and spec.source == "aseg" else []
    else:
        due = [*BARE, *filter(None, [TOTALS.get(spec.measure)])]
    there = {field for one in files for field in one.layout.measure}
    return [] if there & set(due) else due


def _start(field: str) -> str:
    """Give how the line of a header Measure begins; SuperTentorialVol is one that only the script knows."""
    known = global_measures().get(field)
    return f"# Measure {known.key if known else field.removesuffix('Vol')}, {field}"


def as_alike(found: Literal, spec: Spec, at: Positions) -> Alike:
    """Put what a script sees in one file into the terms of all others."""
    n_fields, n = len(found.fields), len(found.names)
    layout = Layout(
        hemi=(None,) * (n_fields + n),
        region=(*(GLOBAL,) * n_fields, *found.names),
        measure=(*found.fields, *(_word(spec).measures[0],) * n),
        unit=("",) * (n_fields + n),
        segid=(*(None,) * n_fields, *map(_number, found.segids)),
        name_found=(*found.fields, *found.names),
        n_fields=n_fields,
    )
    values = np.concatenate([found.values[n:], found.values[:n]])
    return Alike(at, layout, values[np.newaxis], is_printed=True)


def _number(segid: str | None) -> int | None:
    """Give an id that is printed as ids are: the script compares texts, and 0010 is not 10."""
    return int(segid) if segid is not None and segid.isdecimal() and str(int(segid)) == segid else None


def seen_by_script(one: Alike, found: Literal, spec: Spec) -> Alike | None:
    """Leave out the header Measures that the script overlooks; None if it sees other structures or other numbers.

    `found` is what it sees in the first of the files.
    """
    kept = [
        i for i, region in enumerate(one.layout.region) if region != GLOBAL or one.layout.measure[i] in found.fields
    ]
    layout = one.layout.at(kept)
    own, script = Alike(one.rows, layout, one.values[:, kept]), as_alike(found, spec, one.rows[:1])
    pairs = [[*zip(*_seen(file, spec), strict=True)] for file in (own, script)]
    return own if pairs[0] == pairs[1] else None


def _seen(one: Alike, spec: Spec) -> tuple[list[tuple[str | None, str | None]], list[float]]:
    try:
        columns = columns_of([one], spec)[0]
    except ScriptError:
        return [], []
    values = [one.values[0, column.at] if column.at >= 0 else 0.0 for column in columns]
    return [column[:2] for column in columns], np.nan_to_num(values).tolist()
