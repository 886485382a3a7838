"""Lists of subjects as FreeSurfer's programs read them: one a line, qdec tables, group descriptor files."""

import csv
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from fsstats.errors import TableError, wording

PathLike = str | os.PathLike[str]


@contextmanager
def _opened(path: PathLike) -> Iterator[TextIO]:
    """Open a list; say of which file it is that it is none."""
    try:
        with Path(path).open(encoding="utf-8-sig") as file:
            yield file
    except (UnicodeError, csv.Error) as error:
        text = wording(expected="a list of subjects in UTF-8", found=f"something else ({error})")
        raise TableError(f"{path}: {text}") from error


def subjects_in_lines(path: PathLike) -> list[str]:
    r"""Give the lines of a file, without blanks at their ends; an empty line is an empty name.

    Raises
    ------
    TableError
        If it is no text in UTF-8.
    OSError
        If it cannot be opened.

    Examples
    --------
    >>> import pathlib
    >>> _ = pathlib.Path("subjects.txt").write_text("sub-01 \n\nsub-02\n")
    >>> subjects_in_lines("subjects.txt")
    ['sub-01', '', 'sub-02']
    """
    with _opened(path) as file:
        return [line.strip() for line in file]


def subjects_in_qdec(path: PathLike, *, longitudinal: bool = False) -> list[str]:
    r"""Give the subjects of a qdec table: its column ``fsid``, or ``fsid.long.fsid-base``.

    Rows whose ``fsid`` begins with ``#`` are left out. What parts the columns is found in the first line.

    Raises
    ------
    TableError
        If it has no such columns.
    OSError
        If it cannot be opened.

    Examples
    --------
    >>> import pathlib
    >>> _ = pathlib.Path("long.qdec.table.dat").write_text("fsid fsid-base age\nme1 me 22.3\n#me2 me 23.2\n")
    >>> subjects_in_qdec("long.qdec.table.dat", longitudinal=True)
    ['me1.long.me']
    """
    with _opened(path) as file:
        try:
            dialect = csv.Sniffer().sniff(file.readline())
        except csv.Error as error:
            found = "a first line in which nothing parts them"
            raise TableError(f"{path}: {wording(expected='the columns of a qdec table', found=found)}") from error
        file.seek(0)
        rows = csv.DictReader(file, dialect=dialect)
        return [*_named(rows, str(path), longitudinal=longitudinal)]


def _named(rows: "csv.DictReader[str]", where: str, *, longitudinal: bool) -> Iterator[str]:
    needed = ("fsid", "fsid-base") if longitudinal else ("fsid",)
    for row in rows:
        own = [(row.get(name) or "").strip() for name in needed]
        if not own[0]:
            found = f"columns {', '.join(map(str, row))}" if "fsid" not in row else "an empty one"
            raise TableError(f"{where}, line {rows.line_num}: {wording(expected='a subject in fsid', found=found)}")
        if own[0].startswith("#"):
            continue
        if not all(own):
            text = wording(expected="a base in fsid-base", found="none")
            raise TableError(f"{where}, line {rows.line_num}: {text}")
        yield ".long.".join(own)


def subjects_in_fsgd(path: PathLike) -> list[str]:
    r"""Give the subjects of a group descriptor file: the second word of each ``Input`` line.

    Raises
    ------
    TableError
        If an ``Input`` line names nobody.
    OSError
        If it cannot be opened.

    Examples
    --------
    >>> import pathlib
    >>> _ = pathlib.Path("g.fsgd").write_text("GroupDescriptorFile 1\nClass All\nInput sub-01 All 30\n")
    >>> subjects_in_fsgd("g.fsgd")
    ['sub-01']
    """
    subjects = []
    with _opened(path) as file:
        for number, line in enumerate(file, start=1):
            words = line.split()
            if words and words[0].upper() == "INPUT":
                if len(words) == 1:
                    text = wording(expected="a subject behind Input", found="none")
                    raise TableError(f"{path}, line {number}: {text}")
                subjects.append(words[1])
    return subjects
