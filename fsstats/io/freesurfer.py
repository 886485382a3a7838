"""FreeSurfer's tables on disk: the files that are named, read together, and the table written."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from fsstats.errors import StatsFormatError, TableError
from fsstats.io._batch import Batch, Wanted, batch_of, read_batch
from fsstats.io._replace import write_text
from fsstats.io._stores import PathLike, path_here, require_file
from fsstats.io.cohorts import read_cohort
from fsstats.parsers.literal import read_literally
from fsstats.places import read_bytes
from fsstats.schema import FILES, identify
from fsstats.tables._alike import Alike, alike_of, folders_of, run_names
from fsstats.tables.freesurfer import (
    DELIMITERS,
    Spec,
    Tabulated,
    as_alike,
    reader_of,
    seen_by_script,
    text_of,
)

_LEAST: Final = 10
"""FreeSurfer's scripts take a file of fewer bytes for none."""
MISSING, SMALL, DAMAGED = "missing", "small", "damaged"


@dataclass(frozen=True, slots=True)
class NamedFiles:
    """Stats files that were named one by one, and read. Made by `read_named`."""

    alike: list[Alike]
    """Their values; positions are those among the files that are used."""
    used: list[int]
    """Positions of the files that are used."""
    faults: dict[int, tuple[str, str]]
    """Of the others, what is wrong: missing, small or damaged, and the problem in words."""
    remarks: dict[int, str]
    """What is odd in files that are used."""


def read_named(paths: Sequence[str], spec: Spec, *, literally: bool) -> NamedFiles:
    """Read stats files wherever they are, each for itself: no study around them is looked at.

    Parameters
    ----------
    paths : sequence of str
        The files.
    spec : AsegTable or AparcTable
        What they are read for.
    literally : bool
        Read them as FreeSurfer's script does, damaged lines and all, if it gets through; else as `load` does.

    Returns
    -------
    NamedFiles
        What was read, and what was not.
    """
    faults = {i: fault for i, path in enumerate(paths) if (fault := _fault(path)) is not None}
    there = [i for i in range(len(paths)) if i not in faults]
    batch = batch_of(_files_table([paths[i] for i in there]))
    read_batch(batch, Wanted())
    found = _literally(batch, spec, faults, there) if literally else _as_loaded(batch, faults, there)
    used = [i for i in there if i not in faults]
    number = {i: n for n, i in enumerate(used)}
    alike = [one._replace(rows=np.array([number[there[k]] for k in one.rows.tolist()], dtype=np.intp)) for one in found]
    problems = batch.columns["problem"]
    remarks = {i: str(problems[k]) for k, i in enumerate(there) if i in number and problems[k]}
    return NamedFiles(alike, used, faults, remarks)


def _literally(batch: Batch, spec: Spec, faults: dict[int, tuple[str, str]], there: Sequence[int]) -> list[Alike]:
    """Give what the script sees; of files that differ in nothing but numbers it is looked up in the first."""
    reader, alike, alone = reader_of(spec), [], [*range(len(there))]
    for one in _sheets(batch, [k for k in alone if not batch.columns["problem"][k]]):
        if len(one.rows) > 1:
            path = batch.columns["path"][one.rows[0]]
            try:
                seen = seen_by_script(one, read_literally(read_bytes(path), path, reader), spec)
            except (OSError, StatsFormatError):  # each of them will say so itself
                seen = None
            alike += [] if seen is None else [seen]
    known = {k for one in alike for k in one.rows.tolist()}
    for k in [k for k in alone if k not in known]:
        path = batch.columns["path"][k]
        try:
            alike.append(as_alike(read_literally(read_bytes(path), path, reader), spec, np.array([k], dtype=np.intp)))
        except StatsFormatError as error:
            faults[there[k]] = DAMAGED, error.problem
        except OSError as error:
            faults[there[k]] = MISSING, error.strerror or str(error)
    return alike


def _as_loaded(batch: Batch, faults: dict[int, tuple[str, str]], there: Sequence[int]) -> list[Alike]:
    """Give what `load` reads."""
    for k, i in enumerate(there):
        if batch.sheet[k] < 0:
            faults[i] = DAMAGED, batch.columns["problem"][k] or "holds no values"
    return _sheets(batch, [k for k, i in enumerate(there) if i not in faults])


def _sheets(batch: Batch, files: Sequence[int]) -> list[Alike]:
    """Give the values of files, those together that were read together: they differ in nothing but numbers."""
    own, found = np.array(files, dtype=np.intp), []
    for number, sheet in enumerate(batch.sheets):
        at = own[batch.sheet[own] == number]
        if len(at):
            found.append(Alike(at, sheet.layout, sheet.values[batch.line[at]]))
    return found


def _fault(path: str) -> tuple[str, str] | None:
    try:
        size = os.path.getsize(path)  # noqa: PTH202 - there are many, and Path is slow
    except (OSError, ValueError):
        return MISSING, "is not there"
    return (SMALL, f"has {size} bytes") if size < _LEAST else None


def _files_table(paths: Sequence[str]) -> pd.DataFrame:
    """Make rows of the files table; a kind that is not known goes by the file's name."""
    said = [identify(path) for path in paths]
    columns: Mapping[str, object] = {
        "path": list(paths),
        "subject": [str(i) for i in range(len(paths))],
        "stream": "cross",
        "source": [one.source if one else os.path.basename(path) for one, path in zip(said, paths, strict=True)],  # noqa: PTH119
        "hemi": [one.hemi if one else None for one in said],
        "status": "found",
        "n_values": 0,
    }
    return pd.DataFrame(columns, columns=list(FILES), index=range(len(paths))).astype({"n_values": "int64"})


def write_freesurfer_table(
    table: pd.DataFrame,
    path: PathLike,
    *,
    delimiter: str = "tab",
    transpose: bool = False,
    append: bool = False,
) -> None:
    """Write a table as FreeSurfer's ``asegstats2table`` and ``aparcstats2table`` do.

    Parameters
    ----------
    table : DataFrame
        As `freesurfer_table` gives it: names in the first column, then numbers.
    path : path
        The file. It is replaced when the new one is whole.
    delimiter : {"tab", "comma", "space", "semicolon"}
        What stands between cells. Nothing is ever quoted.
    transpose : bool
        Write a line a column. FreeSurfer then prints six digits only, and so does this.
    append : bool
        Write behind what the file holds, after an empty line.

    Raises
    ------
    UnknownNameError
        If the delimiter is none of these.
    TableError
        If a name holds the delimiter or a line's end, so that it would not be read back as it is.
    OSError
        If the file cannot be written.

    Notes
    -----
    Missing values are ``nan``. Numbers are the shortest text that gives the same number again (``7500.0``).

    Examples
    --------
    >>> import pathlib, tempfile
    >>> table = pd.DataFrame({"Measure:volume": ["sub-01"], "Left-Amygdala": [1500.0]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_freesurfer_table(table, pathlib.Path(folder, "aseg.txt"), delimiter="comma")
    ...     print(pathlib.Path(folder, "aseg.txt").read_text(), end="")
    Measure:volume,Left-Amygdala
    sub-01,1500.0
    """
    names = [str(name) for name in table.columns]
    rows = table.iloc[:, 0].astype("str").tolist()
    values = table.iloc[:, 1:].to_numpy(dtype="float64")
    made = Tabulated(names[0], rows, names[1:], values, pd.isna(values))
    mark = DELIMITERS.get(delimiter, "\n")
    odd = next((name for name in (*names, *rows) if mark in name or "\n" in name or "\r" in name), None)
    if odd is not None and delimiter in DELIMITERS:
        message = f"{odd!r} holds the {delimiter} or a line's end; choose another delimiter"
        raise TableError(message)
    save_text(text_of(made, delimiter=delimiter, transpose=transpose), path, append=append)


def save_text(text: str, path: PathLike, *, append: bool = False) -> None:
    """Write a table's text, whole or not at all; behind what a file holds, as it comes."""
    path = path_here(path)
    require_file(path)
    if append:
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(f"\n{text}")
        return
    write_text(text, path)


def read_merged(path: PathLike, spec: Spec) -> tuple[list[Alike], list[str]]:
    """Take the files of a table that `merge` wrote; give also the names of the subjects' folders.

    Structures are called as the files have them, where the account beside the table tells.
    """
    cohort = read_cohort(path, sources=[spec.source], details=True)
    files, people = alike_of(cohort.table, spec.source, spec.hemi, needed_by="--from")
    return files, run_names(people, folders_of(cohort.files))
