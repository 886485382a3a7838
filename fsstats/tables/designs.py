"""Who is in a model and with what: qdec tables and group descriptor files (FSGD), as texts and frames."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import plain_rows, require, some_of
from fsstats.errors import StatsFormatError, TableError, UnknownNameError
from fsstats.schema import SUBJECT_KEY
from fsstats.tables._alike import row_name

FSID: Final = "fsid"
BASE: Final = "fsid-base"
CLASS: Final = "class"
_MOST_NAMED: Final = 3


def design_of(
    people: pd.DataFrame, variables: Sequence[str], *, factors: Sequence[str] = (), longitudinal: bool = False
) -> pd.DataFrame:
    """Choose what a model needs, a row a run, under the names of FreeSurfer's folders.

    Parameters
    ----------
    people : DataFrame
        A row a run: subject, session and stream, as in a wide table; or a column ``fsid``.
    variables, factors : sequence of str
        Columns with numbers, and with levels.
    longitudinal : bool
        Add ``fsid-base``, the subject, and call a run by its time point alone, as longitudinal qdec tables do.

    Returns
    -------
    DataFrame
        ``fsid``, perhaps ``fsid-base``, the factors as text and the variables as numbers.

    Raises
    ------
    UnknownNameError
        If a column is not there.
    TableError
        If a value is missing, is no number, or holds blanks; or a run stands twice.

    Examples
    --------
    >>> people = pd.DataFrame(
    ...     {"subject": ["sub-01"], "session": [None], "stream": ["cross"], "age": [30], "sex": ["F"]}
    ... )
    >>> design_of(people, ["age"], factors=["sex"])
         fsid sex   age
    0  sub-01   F  30.0
    """
    for what, names in (("factor", factors), ("variable", variables)):
        unknown = next((name for name in names if name not in people.columns), None)
        if unknown is not None:
            raise UnknownNameError.among(what, unknown, map(str, people.columns))
    runs = _names(people, longitudinal=longitudinal)
    texts = {name: _levels(people[name]) for name in factors}
    numbers = {name: pd.to_numeric(people[name], errors="coerce") for name in variables}
    made = runs.join(pd.DataFrame({**texts, **numbers}, index=people.index))
    _require_whole(made, people, variables)
    _require_words(made, [FSID, *([BASE] if longitudinal else []), *factors])
    repeated = made[FSID][made.duplicated([FSID])]
    if len(repeated):
        message = f"{repeated.iloc[0]!r} stands in several rows; a model has one a run"
        raise TableError(message)
    return made.astype({**dict.fromkeys(factors, "str"), **dict.fromkeys(variables, "float64")}).reset_index(drop=True)


def _levels(column: pd.Series) -> pd.Series:
    """Give levels as texts: 2 also where a column with gaps holds 2.0."""
    if not pd.api.types.is_float_dtype(column.dtype):
        return column.astype("object")
    return column.map(lambda level: f"{level:.15g}", na_action="ignore").astype("object")


def _names(people: pd.DataFrame, *, longitudinal: bool) -> pd.DataFrame:
    if FSID in people.columns:
        return people[[FSID, *([BASE] if longitudinal else [])]]
    require(people, SUBJECT_KEY, needed_by="design_of")
    runs = plain_rows(people[list(SUBJECT_KEY)])
    names = [row_name(who, session, "cross" if longitudinal else stream) for who, session, stream in runs]
    made = pd.DataFrame({FSID: names}, index=people.index)
    return made.assign(**{BASE: [who for who, _, _ in runs]}) if longitudinal else made


def _require_whole(made: pd.DataFrame, people: pd.DataFrame, variables: Sequence[str]) -> None:
    for name in made.columns:
        lacking = made.loc[made[name].isna(), FSID]
        if not len(lacking):
            continue
        texts = [*people.loc[lacking.index, name].dropna()] if name in variables else []
        if texts:
            message = f"{name!r} is a variable, and {str(texts[0])!r} is no number; is it a factor?"
            raise TableError(message)
        who = some_of([*map(str, lacking)], _MOST_NAMED)
        message = f"FreeSurfer's models need every value; {name!r} is missing for {who}. Leave these runs out"
        raise TableError(message)


def _require_words(made: pd.DataFrame, names: Iterable[str]) -> None:
    for name in names:
        odd = next((text for text in made[name].astype("str") if not re.fullmatch(r"[^\s#]\S*", text)), None)
        if odd is not None:
            message = f"{odd!r} in {name!r} holds blanks or begins with #, which FreeSurfer takes for something else"
            raise TableError(message)


def qdec_text(design: pd.DataFrame) -> str:
    """Write a qdec table: a heading and a line a run, blanks between."""
    _require_headings(design.columns)
    lines = [list(map(str, design.columns)), *(_cells(row) for row in design.itertuples(index=False, name=None))]
    return "".join(f"{' '.join(line)}\n" for line in lines)


def _require_headings(names: Iterable[object]) -> None:
    odd = next((name for name in map(str, names) if re.search(r"\s", name)), None)
    if odd is not None:
        message = f"the column {odd!r} has blanks in its name; rename it"
        raise TableError(message)


def _cells(row: Iterable[object]) -> list[str]:
    return [f"{cell:.15g}" if isinstance(cell, float) else str(cell) for cell in row]


def fsgd_text(design: pd.DataFrame, factors: Sequence[str], variables: Sequence[str], *, title: str) -> str:
    """Write a group descriptor file; the classes are the combinations of levels that occur."""
    _require_headings([*factors, *variables])
    classes = _classes(design, factors)
    lines = ["GroupDescriptorFile 1", f"Title {title}", *(f"Class {name}" for name in sorted(set(classes)))]
    if variables:
        lines.append(f"Variables {' '.join(variables)}")
    rows = design[[FSID, *variables]].itertuples(index=False, name=None)
    for name, (fsid, *numbers) in zip(classes, rows, strict=True):
        lines.append(" ".join(["Input", str(fsid), name, *_cells(numbers)]))
    if variables:
        lines.append(f"DefaultVariable {variables[0]}")
    return "".join(f"{line}\n" for line in lines)


def _classes(design: pd.DataFrame, factors: Sequence[str]) -> list[str]:
    """Name the combination of levels of each run; without factors all are one class."""
    levels = [tuple(row) for row in design[list(factors)].itertuples(index=False)]
    names = {row: "_".join(row) or "All" for row in levels}
    again = next((name for name, n in Counter(names.values()).items() if n > 1), None)
    if again is not None:
        message = f"two combinations of levels would both be the class {again!r}; rename a level"
        raise TableError(message)
    return [names[row] for row in levels]


def parse_qdec(text: str, where: str) -> pd.DataFrame:
    """Read a qdec table: see `read_qdec`."""
    rows = [(number, words) for number, words in _worded(text) if words[0].upper() != "SUBJECTS_DIR"]
    if not rows or rows[0][1][0].lower() != FSID:
        found = " ".join(rows[0][1][:3]) if rows else "nothing"
        raise StatsFormatError.at(where, expected="a qdec table, whose first column is fsid", found=repr(found))
    (_, heading), *body = rows
    _require_width(where, body, len(heading))
    names = [FSID, *(BASE if name.lower() == BASE else name for name in heading[1:])]
    _require_once(where, names)
    frame = pd.DataFrame([words for _, words in body], columns=names, dtype="str")
    return frame.assign(**{name: _number_or_text(frame[name]) for name in names if name not in {FSID, BASE}})


def parse_fsgd(text: str, where: str) -> pd.DataFrame:
    """Read a group descriptor file: see `read_fsgd`."""
    rows = [*_worded(text)]
    if not rows or rows[0][1][0].lower() != "groupdescriptorfile":
        found = " ".join(rows[0][1][:3]) if rows else "nothing"
        raise StatsFormatError.at(where, expected="GroupDescriptorFile 1 in the first line", found=repr(found))
    variables = [name for _, words in rows if words[0].lower() == "variables" for name in words[1:]]
    classes = [words[1] for _, words in rows if words[0].lower() == "class" and len(words) > 1]
    _require_once(where, classes)
    _require_once(where, [FSID, CLASS, *variables])
    inputs = [(number, words) for number, words in rows if words[0].lower() == "input"]
    _require_width(where, inputs, 3 + len(variables))
    for number, words in inputs:
        if words[2] not in classes:
            raise StatsFormatError.at(
                f"{where}, line {number}", expected=f"a class ({', '.join(classes)})", found=words[2]
            )
    frame = pd.DataFrame([words[1:] for _, words in inputs], columns=[FSID, CLASS, *variables], dtype="str")
    return frame.astype({CLASS: pd.CategoricalDtype(pd.Index(classes, dtype="str"))}).assign(
        **{name: _numbers(frame[name], where, name) for name in variables}
    )


def _worded(text: str) -> Iterator[tuple[int, list[str]]]:
    """Give the words of lines that hold any, and are no comment."""
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if words and not words[0].startswith("#"):
            yield number, words


def _require_once(where: str, names: Sequence[str]) -> None:
    twice = next((name for name, n in Counter(names).items() if n > 1), None)
    if twice is not None:
        raise StatsFormatError.at(where, expected="columns and classes, each once", found=f"{twice!r} twice")


def _require_width(where: str, rows: Sequence[tuple[int, list[str]]], width: int) -> None:
    for number, words in rows:
        if len(words) != width:
            raise StatsFormatError.at(f"{where}, line {number}", expected=f"{width} words", found=str(len(words)))


def _number_or_text(column: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce")
    return column if numbers.isna().any() else numbers


def _numbers(column: pd.Series, where: str, name: str) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce").astype(np.float64)
    if numbers.isna().any():
        raise StatsFormatError.at(where, expected=f"numbers in {name}", found=repr(column[numbers.isna()].iloc[0]))
    return numbers
