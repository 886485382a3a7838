"""Tables whose lines are what a program writes for one subject: SynthSeg's, the hypothalamus's.

Each line below the heading is given to the parser of one subject's file, so that its checks hold for every subject.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from fsstats._frames import FloatArray
from fsstats.errors import StatsFormatError
from fsstats.parsers import delimited
from fsstats.parsers._header import Remark
from fsstats.parsers.formats import HEAD, Format
from fsstats.parsers.grouptables.cells import Sheet
from fsstats.parsers.grouptables.columns import Label
from fsstats.parsers.long import layout_of, shape_of, values_of
from fsstats.parsers.statsfile import StatsFile

_IMAGES: Final = (".nii.gz", ".nii", ".mgz", ".mgh")
_SINGLE: Final = frozenset({"synthseg", "synthseg.qc", "wmhsynthseg", "hypothalamus.csv"})


@dataclass(frozen=True, slots=True)
class Lines:
    """Subjects, the labels of what any of them has, and their values; NaN where one lacks it."""

    subjects: tuple[str, ...]
    labels: tuple[Label, ...]
    values: FloatArray
    remarks: tuple[Remark, ...]


def row_format(head: bytes) -> Format | None:
    """Find the format of which a table's lines are; None for another table."""
    return next((one for one in delimited.FORMATS if one.name in _SINGLE and one.recognises(head[:HEAD], "")), None)


def read_lines(sheet: Sheet, form: Format, where: str) -> Lines:
    """Read each row as the file of one subject; a row that cannot be read is left out and named."""
    subjects, read, remarks = [], [], []
    for row in sheet.rows:
        subject = _without_image(row.cells[0])
        text = "\n".join((",".join(sheet.heading), ",".join(row.cells), ""))
        try:
            stats = form.parse(text.encode("utf-8", "backslashreplace"), where)
        except StatsFormatError as error:
            remarks.append(Remark(row.line, f"{subject}: {error.problem}. The row is left out"))
            continue
        remarks += [replace(remark, line=row.line, text=f"{subject}: {remark.text}") for remark in stats.remarks]
        subjects.append(subject)
        read.append(_labelled(stats))
    labels = tuple(dict.fromkeys(label for one in read for label in one))
    values = [[one.get(label, np.nan) for label in labels] for one in read]
    numbers = np.array(values, dtype=np.float64).reshape(len(read), len(labels))
    return Lines(tuple(subjects), labels, numbers, tuple(remarks))


def _without_image(cell: str) -> str:
    return next((cell.removesuffix(end) for end in _IMAGES if cell.endswith(end)), cell)


def _labelled(stats: StatsFile) -> dict[Label, float]:
    layout = layout_of(shape_of(stats))
    columns = (layout.hemi, layout.region, layout.measure, layout.unit, layout.segid, layout.name_found)
    labels = (Label(stats.source or "", *parts) for parts in zip(*columns, strict=True))
    return dict(zip(labels, values_of(stats).tolist(), strict=True))
