"""A table of many subjects as a value: who, what, and what was wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, Positions
from fsstats.errors import StatsFormatError, UnknownNameError
from fsstats.parsers._build import in_order
from fsstats.parsers._header import Remark
from fsstats.parsers.formats import HEAD
from fsstats.parsers.grouptables.cells import read_sheets
from fsstats.parsers.grouptables.columns import Label, measure_named
from fsstats.parsers.grouptables.kinds import upright
from fsstats.parsers.grouptables.parts import Part, Person, joined, part_of, part_of_lines
from fsstats.parsers.grouptables.rowwise import row_format
from fsstats.parsers.grouptables.spreadsheets import Wish
from fsstats.parsers.long import Layout
from fsstats.schema import GLOBAL, HEMIS


@dataclass(frozen=True, slots=True)
class GroupTable:
    """What stands in one table of many subjects. Made by `parse_group_table`, never changed.

    Attributes
    ----------
    where : str
        The file's path.
    kind : str
        Who made it: asegstats2table, aparcstats2table, enigma, sclimbic, subfields, spreadsheet, or the
        format of which its lines are (synthseg, hypothalamus.csv …).
    subjects : tuple of str
        As in the table, but for the folders in front of a path.
    sessions : tuple of (str or None)
        From a column of that name; all None where there is none.
    sources : tuple of str
        The stats file that each value would stand in, one a value.
    layout : Layout
        The labels of the values, which all subjects share; header Measures first.
    values : ndarray, shape (n_subjects, n_values)
        NaN where there is none.
    order : ndarray of int, shape (n_values,)
        The positions of the values in the order of the table's columns.
    others : DataFrame
        The columns that are not understood, as text (age, sex, site …), one row a subject.
    remarks : tuple of Remark
        What was left out or is doubtful.
    """

    where: str
    kind: str
    subjects: tuple[str, ...]
    sessions: tuple[str | None, ...]
    sources: tuple[str, ...]
    layout: Layout
    values: FloatArray
    order: Positions
    others: pd.DataFrame
    remarks: tuple[Remark, ...]

    @property
    def unrecognised(self) -> tuple[str, ...]:
        """Names of the columns that are not understood."""
        return tuple(map(str, self.others.columns))

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing but what is not understood."""
        return not any(remark.loss for remark in self.remarks)


def parse_group_table(
    data: bytes,
    where: str,
    *,
    source: str | None = None,
    hemi: str | None = None,
    measure: str | None = None,
) -> GroupTable:
    r"""Read a table of many subjects.

    Parameters
    ----------
    data : bytes
        The whole content: tab, comma, semicolon or blanks between the cells, with a heading.
    where : str
        The file's path, for messages.
    source, hemi, measure : str, optional
        What the table is of, where its names do not tell.

    Returns
    -------
    GroupTable
        Subjects, labels and values.

    Raises
    ------
    StatsFormatError
        If it is no such table, or it cannot be told what its numbers are.
    UnknownNameError
        If `hemi` is neither lh nor rh.

    Examples
    --------
    >>> table = parse_group_table(b"lh.aparc.thickness\tlh_insula_thickness\teTIV\nsub-01\t3.012\t1500000.0\n", "a")
    >>> table.subjects, table.layout.region, table.layout.measure, table.values.tolist()
    (('sub-01',), ('global', 'insula'), ('eTIV', 'thickness'), [[1500000.0, 3.012]])
    """
    if hemi not in {None, *HEMIS}:
        raise UnknownNameError.among("hemisphere", str(hemi), HEMIS)
    wish = Wish(where, source, hemi, measure)
    sheets, remarks = read_sheets(data, where)
    form = row_format(data[:HEAD])
    if form is not None:
        parts = [part_of_lines(sheet, form, wish, remarks) for sheet in sheets]
    else:
        parts = [part_of(upright(sheet), wish, remarks) for sheet in sheets]
    people, labels, values = joined(parts, remarks)
    if not people or not labels:
        losses = "; ".join(remark.text for remark in in_order(remarks)[:2])
        raise StatsFormatError.at(where, expected="a subject's row of numbers", found=losses or "none")
    _require_wish(wish, labels)
    order = sorted(range(len(labels)), key=lambda i: labels[i].region != GLOBAL)
    ordered = [labels[i] for i in order]
    return GroupTable(
        where=where,
        kind=parts[0].kind,
        subjects=tuple(subject for subject, _ in people),
        sessions=tuple(session for _, session in people),
        sources=tuple(label.source for label in ordered),
        layout=_layout(ordered),
        values=values[:, order],
        order=np.argsort(order),
        others=_others(parts, people),
        remarks=in_order(remarks),
    )


def _require_wish(wish: Wish, labels: Sequence[Label]) -> None:
    """Raise if the user says that the table is of another measure than its own names do."""
    found = {label.measure for label in labels if label.region != GLOBAL}
    if wish.measure and not found & {wish.measure, measure_named(wish.measure)}:
        said = ", ".join(sorted(found)) or "only header Measures"
        raise StatsFormatError.at(wish.where, expected=f"{wish.measure}, as was given", found=said)


def _layout(labels: Sequence[Label]) -> Layout:
    return Layout(
        hemi=tuple(label.hemi for label in labels),
        region=tuple(label.region for label in labels),
        measure=tuple(label.measure for label in labels),
        unit=tuple(label.unit for label in labels),
        segid=tuple(label.segid for label in labels),
        name_found=tuple(label.name for label in labels),
        n_fields=sum(label.region == GLOBAL for label in labels),
    )


def _others(parts: Sequence[Part], people: Sequence[Person]) -> pd.DataFrame:
    """Give the columns that are not understood, one row a subject; of several rows the first has it."""
    columns: dict[str, dict[Person, str]] = {}
    for part in parts:
        for name, cells in part.others.items():
            known = columns.setdefault(name, {})
            for person, cell in zip(part.people, cells, strict=True):
                known.setdefault(person, cell)
    data = {name: [known.get(person) for person in people] for name, known in columns.items()}
    return pd.DataFrame(data, columns=list(columns), dtype="str")
