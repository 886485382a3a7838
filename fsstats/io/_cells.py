"""Single values that several files hold: used once where they agree, not at all where they do not."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import isnan, nan

import numpy as np

from fsstats._frames import some_of
from fsstats.errors import wording
from fsstats.io._batch import KIND, Batch
from fsstats.io._reading import Reading
from fsstats.schema import SUBJECT_KEY
from fsstats.tables.assemble import Block

_Cell = tuple[str | None, ...]
"""Subject, session, stream, source, hemisphere, region, measure."""


def overlapping(batch: Batch) -> list[list[int]]:
    """Give the positions of files that may hold the same values although they are of different places.

    A text of both sides and a file of each (thalamic nuclei), the parts of a source, and everything as
    soon as there is a table of many subjects. A file of one side and one of the other cannot.
    """
    if batch.groups:
        return [[i for i in range(len(batch)) if i in batch.groups or batch.sheet[i] >= 0]]
    columns, groups = batch.columns, defaultdict[_Cell, list[int]](list)
    for source in _of_mixed_sides(batch):
        for i in range(len(batch)):
            if columns["source"][i] == source and batch.sheet[i] >= 0:
                groups[tuple(columns[name][i] for name in (*SUBJECT_KEY, "source"))].append(i)
    return [group for group in groups.values() if len(group) > 1 and _is_mixed([columns["hemi"][i] for i in group])]


def _of_mixed_sides(batch: Batch) -> list[str]:
    """Give the sources that are more than one file of each side."""
    sides: dict[str, list[object]] = defaultdict(list)
    for source, hemi, _ in set(zip(*(batch.columns[name] for name in KIND), strict=True)):
        sides[source].append(hemi)
    return [source for source, own in sides.items() if len(own) > 1 and _is_mixed(own)]


def _is_mixed(sides: Sequence[object]) -> bool:
    return None in sides or len(set(sides)) < len(sides)


def once_each(readings: Sequence[Reading]) -> list[Reading]:
    """Leave a value that was there before out, and values that contradict each other everywhere."""
    best: dict[_Cell, float] = {}
    denied: set[_Cell] = set()
    for cell, value, _ in (found for reading in readings for block in reading.blocks for found in _cells_of(block)):
        before = best.get(cell, nan)
        if isnan(before):
            best[cell] = value
        elif not isnan(value) and value != before:
            denied.add(cell)
    taken: set[_Cell] = set()
    return [_without(reading, best, taken, denied) for reading in readings]


def _cells_of(block: Block) -> Iterator[tuple[_Cell, float, int]]:
    """Give the identity, the value and the position of each value that a block uses."""
    layout, who = block.layout, (block.subject, block.session, block.stream, block.source)
    for i in range(len(layout)) if block.chosen is None else block.chosen.tolist():
        yield (*who, layout.hemi[i], layout.region[i], layout.measure[i]), float(block.values[i]), i


def _without(reading: Reading, best: dict[_Cell, float], taken: set[_Cell], denied: set[_Cell]) -> Reading:
    """Leave out of a reading what was taken before or is denied, and say so."""
    blocks, lost, n_before = [], [], 0
    for block in reading.blocks:
        cells = list(_cells_of(block))
        lost += [cell for cell, _, _ in cells if cell in denied]
        due = [(cell, i) for cell, value, i in cells if cell not in denied and isnan(value) == isnan(best[cell])]
        keep = [i for cell, i in due if cell not in taken]
        n_before += len(due) - len(keep)
        taken.update(cell for cell, _ in due)
        blocks.append(replace(block, chosen=np.array(keep, dtype=np.intp)))
    if not any(map(len, blocks)) and not lost and n_before:
        return reading.refused("skipped", "another file of this subject has the same values")
    kept = replace(reading, block=blocks[0]) if reading.block is not None else replace(reading, group=tuple(blocks))
    if not lost:
        return kept
    names = dict.fromkeys(" ".join(filter(None, (cell[0], cell[-2], cell[-1]))) for cell in lost)
    found = f"another in another file: {some_of([*names])}"
    text = wording(expected="one value of each subject and measure", found=found)
    return kept.noted(f"{text}. Neither is used", status="partial")
