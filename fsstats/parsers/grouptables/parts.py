"""One heading with its rows, read: who, which values, and what of the cells is no number."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from fsstats._frames import FloatArray
from fsstats.errors import wording
from fsstats.parsers._header import Remark
from fsstats.parsers.formats import Format
from fsstats.parsers.grouptables.cells import Row, Sheet, has_decimal_comma, is_subject, number, subject_of
from fsstats.parsers.grouptables.columns import Label
from fsstats.parsers.grouptables.kinds import Plan, plan_of
from fsstats.parsers.grouptables.rowwise import read_lines
from fsstats.parsers.grouptables.spreadsheets import Wish
from fsstats.parsers.grouptables.values import true_units, without_fills

Person = tuple[str, str | None]
"""Subject and session."""
Key = tuple[str, str | None, str, str]
_Flags = npt.NDArray[np.bool_]
_EXPONENT: Final = re.compile(r"[\d.,]+[eE]\+?\d+")
_MOST_TEXT: Final = 0.5
"""Share of cells that are no numbers, above which a column is text and its name misleads."""


@dataclass(frozen=True, slots=True)
class Part:
    """The people, values and other columns below one heading."""

    kind: str
    people: tuple[Person, ...]
    lines: tuple[int | None, ...]
    labels: tuple[Label, ...]
    """Of different keys."""
    values: FloatArray
    others: Mapping[str, Sequence[str]]


def part_of_lines(sheet: Sheet, form: Format, wish: Wish, remarks: list[Remark]) -> Part:
    """Read a table whose lines are files of one subject."""
    read = read_lines(sheet, form, wish.where)
    remarks += read.remarks
    labels = tuple(label._replace(source=wish.source or label.source) for label in read.labels)
    people = tuple((subject, None) for subject in read.subjects)
    return Part(form.name, people, (None,) * len(people), labels, read.values, {})


def part_of(sheet: Sheet, wish: Wish, remarks: list[Remark]) -> Part:
    """Read a table by what its columns are called."""
    plan = plan_of(sheet, wish)
    remarks += plan.remarks
    rows = _people_only(sheet, plan, remarks)
    labels, columns = _numbers(rows, sheet, plan, wish.where, remarks)
    people = tuple(_person(row, plan) for row in rows)
    values = np.array(columns, dtype=np.float64).reshape(len(labels), len(rows)).T
    labels, values = _each_once(labels, values, remarks)
    values, missing = without_fills(values, labels, [subject for subject, _ in people], plan.fill)
    labels, changes = true_units(labels, values)
    remarks += [*missing, *changes]
    used = {plan.subject, plan.session, *_places(plan, labels)}
    text = [p for p in range(len(sheet.heading)) if p not in used]
    others = {sheet.heading[p]: [row.cells[p] for row in rows] for p in text if sheet.heading[p]}
    return Part(plan.kind, people, tuple(row.line for row in rows), tuple(labels), values, others)


def _places(plan: Plan, labels: Sequence[Label]) -> set[int]:
    keys = {label.key for label in labels}
    return {place for place, label in plan.labels.items() if label.key in keys}


def _person(row: Row, plan: Plan) -> Person:
    session = None if plan.session is None else row.cells[plan.session]
    return subject_of(row.cells[plan.subject]), session or None


def _people_only(sheet: Sheet, plan: Plan, remarks: list[Remark]) -> list[Row]:
    """Leave out and name the rows that are no subject's: means, differences, rows without a name."""
    rows = []
    for row in sheet.rows:
        name = subject_of(row.cells[plan.subject])
        if is_subject(name):
            rows.append(row)
        elif any(row.cells):
            text = wording(expected="a subject's name", found=repr(name[:40]), hint="The row is left out")
            remarks.append(Remark(row.line, text))
    paths = [row.cells[plan.subject] for row in rows if subject_of(row.cells[plan.subject]) != row.cells[plan.subject]]
    if paths:
        text = f"{len(paths)} subjects are given as paths such as {paths[0][:60]}; the last part is the name"
        remarks.append(Remark(None, text, loss=False))
    return rows


def _numbers(
    rows: Sequence[Row], sheet: Sheet, plan: Plan, where: str, remarks: list[Remark]
) -> tuple[list[Label], list[list[float]]]:
    """Read the numbers of every column that is understood; a column of text is left out and named."""
    comma = has_decimal_comma((row.cells[place] for row in rows for place in plan.labels), where)
    labels, columns = [], []
    for place, label in plan.labels.items():
        column, wrong = _column([row.cells[place] for row in rows], comma=comma)
        if len(wrong) > _MOST_TEXT * len(rows):
            found = f"text such as {rows[wrong[0]].cells[place][:30]!r}"
            text = wording(expected=f"numbers in column {sheet.heading[place]!r}", found=found, hint="It is left out")
            remarks.append(Remark(None, text))
            continue
        remarks += [_no_number(rows[i], place, sheet.heading[place]) for i in wrong]
        labels.append(label)
        columns.append(column)
    remarks += _coarse(rows, sheet, plan)
    return labels, columns


def _column(cells: Sequence[str], *, comma: bool) -> tuple[list[float], list[int]]:
    """Give the numbers of a column, and the places of the cells that are none."""
    numbers, wrong = [], []
    for i, cell in enumerate(cells):
        try:
            numbers.append(number(cell, comma=comma))
        except ValueError:
            numbers.append(np.nan)
            wrong.append(i)
    return numbers, wrong


def _no_number(row: Row, place: int, name: str) -> Remark:
    found = repr(row.cells[place][:40])
    return Remark(row.line, wording(expected=f"a number in column {name!r}", found=found, hint="Taken as missing"))


def _coarse(rows: Sequence[Row], sheet: Sheet, plan: Plan) -> list[Remark]:
    """Say that numbers are printed with few digits, where that shows."""
    coarse = [cell for row in rows for place in plan.labels if _EXPONENT.fullmatch(cell := row.cells[place])]
    if coarse:
        text = f"{len(coarse)} numbers are rounded to few digits, such as {coarse[0]}"
        return [Remark(None, text, loss=False)]
    if sheet.transposed and plan.kind.endswith("stats2table"):
        return [Remark(None, "--transpose rounds numbers to six digits", loss=False)]
    return []


def _each_once(labels: Sequence[Label], values: FloatArray, remarks: list[Remark]) -> tuple[list[Label], FloatArray]:
    """Keep one column of each quantity; where several differ, none of their values."""
    places: dict[Key, list[int]] = defaultdict(list)
    for i, label in enumerate(labels):
        places[label.key].append(i)
    if len(places) == len(labels):
        return list(labels), values
    columns = []
    for same in places.values():
        names = " and ".join(dict.fromkeys(repr(labels[i].name) for i in same))
        column, conflict, filled = _agreed(values[:, same], fills=len({labels[i].name for i in same}) > 1)
        if filled.any():
            text = f"columns {names} are one structure's; 0 in one of them stands for no value"
            remarks.append(Remark(1, f"{text} ({int(filled.sum())} rows)", loss=False))
        if conflict.any():
            found = f"several in {int(conflict.sum())} rows (columns {names})"
            label = labels[same[0]]
            text = wording(expected=f"one {label.region} {label.measure} a subject", found=found, hint="None is used")
            remarks.append(Remark(1, text))
        columns.append(column)
    return [labels[same[0]] for same in places.values()], np.stack(columns, axis=1)


def _agreed(block: FloatArray, *, fills: bool) -> tuple[FloatArray, _Flags, _Flags]:
    """Give the one value of each row, the rows in which several differ, and those with 0 for no value.

    `fills` says that the columns are a structure's older and newer name: then 0 in one of them is no value.
    """
    empty = (block == 0) & (np.nan_to_num(block) != 0).any(axis=1, keepdims=True) & fills
    block = np.where(empty, np.nan, block)
    least, greatest = np.fmin.reduce(block, axis=1), np.fmax.reduce(block, axis=1)
    conflict = least < greatest
    return np.where(conflict, np.nan, least), conflict, empty.any(axis=1)


def joined(parts: Sequence[Part], remarks: list[Remark]) -> tuple[list[Person], list[Label], FloatArray]:
    """Put tables together: each subject once, and every quantity that any of them has.

    Parameters
    ----------
    parts : sequence of Part
        The tables of one file.
    remarks : list of Remark
        Gets those of subjects that stand in several rows.

    Returns
    -------
    people : list of (subject, session)
        Without those whose rows contradict each other.
    labels : list of Label
        One a column.
    values : ndarray, shape (n_people, n_labels)
        NaN where no table has a value.
    """
    labels = {label.key: label for part in reversed(parts) for label in part.labels}
    order = {key: i for i, key in enumerate(dict.fromkeys(label.key for part in parts for label in part.labels))}
    rows: dict[Person, list[tuple[Part, int]]] = defaultdict(list)
    for part in parts:
        for i, person in enumerate(part.people):
            rows[person].append((part, i))
    places = {id(part): np.array([order[label.key] for label in part.labels], dtype=np.intp) for part in parts}
    people, values = [], []
    for person, own in rows.items():
        row, again, differ, mixed = _together(len(order), [(places[id(part)], part.values[i]) for part, i in own])
        if again:
            remarks.append(_repeated(person, [part.lines[i] for part, i in own], differ=differ))
        if mixed:
            found = f"several values of {mixed} quantities of {' '.join(filter(None, person))}"
            text = wording(expected="tables of one file that agree", found=found, hint="None of them is used")
            remarks.append(Remark(None, text))
        if not differ:
            people.append(person)
            values.append(row)
    return people, [labels[key] for key in order], np.array(values).reshape(len(people), len(order))


class _Row(NamedTuple):
    """What several rows of one person come to."""

    values: FloatArray
    again: bool = False
    """Whether there are two rows of the same columns."""
    differ: bool = False
    """Whether these contradict each other, so that none of them is used."""
    mixed: int = 0
    """How many values of tables with other columns (each repeats eTIV) contradict each other."""


def _together(width: int, pieces: Sequence[tuple[npt.NDArray[np.intp], FloatArray]]) -> _Row:
    row, filled = np.full(width, np.nan), np.zeros(width, dtype=bool)
    again, differ = False, False
    contradicted = np.zeros(width, dtype=bool)
    for places, values in pieces:
        before = row[places]
        if filled[places].all():
            again = True
            differ |= not np.array_equal(before, values, equal_nan=True)
        contradicted[places] |= np.isfinite(before) & np.isfinite(values) & (before != values)
        row[places] = np.where(np.isfinite(before), before, values)
        filled[places] = True
    row[contradicted] = np.nan
    return _Row(row, again, differ, 0 if differ else int(contradicted.sum()))


def _repeated(person: Person, lines: Sequence[int | None], *, differ: bool) -> Remark:
    name = " ".join(filter(None, person))
    numbered = [str(line) for line in lines if line]
    where = f"in lines {' and '.join(numbered)}" if numbered else f"{len(lines)} times"
    if not differ:
        return Remark(None, f"{name} stands {where} with the same values; used once", loss=False)
    hint = "None is used; if they are sessions, call the column that tells them apart 'session'"
    return Remark(None, wording(expected=f"one row of {name}", found=f"rows that differ, {where}", hint=hint))
