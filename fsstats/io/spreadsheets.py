"""Wide tables for people: CSV that a spreadsheet program cannot take for formulas, and Excel files."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pandas as pd

from fsstats.errors import TableError, UnknownNameError
from fsstats.io._replace import replacing
from fsstats.io._sidecar import describe_columns
from fsstats.io._stores import PathLike, is_there, path_here, require_file
from fsstats.io._text import SEPARATOR, require_writable, write_delimited
from fsstats.io.files import SUFFIXES as TABLES
from fsstats.io.files import description_of, require_own_sidecar, write_sidecar
from fsstats.schema import SUBJECT_KEY
from fsstats.tables.redcap import redcap_tables

SUFFIXES: Final = (*SEPARATOR, ".xlsx")
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins with one of these is a formula to Excel and its like, and may run programs."""
_MOST_COLUMNS, _MOST_ROWS = 16_384, 1_048_576
_PLAIN: Final = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write_spreadsheet(table: pd.DataFrame, path: PathLike) -> None:
    r"""Write a wide table for people to open: no cell of it is a formula, and every column is explained.

    Parameters
    ----------
    table : DataFrame
        A wide table (`to_wide`), or any other.
    path : path
        Where to: ``.csv``, ``.tsv``, or ``.xlsx`` (extra ``fsstats[xlsx]``).

    Raises
    ------
    UnknownNameError
        If the suffix is none of these.
    TableError
        If what writes Excel files is not installed, or the table does not fit on a sheet.
    OSError
        If the file cannot be written.

    Notes
    -----
    In CSV and TSV, a text that begins with ``=``, ``+``, ``-``, ``@``, a tab or a return gets an apostrophe in front,
    also among the column names: a subject called ``=HYPERLINK(…)`` is data and must stay it. In Excel files texts are
    marked as texts and stand as they are. The columns are explained in a JSON sidecar, or on a second sheet. Missing
    values are empty; in TSV they are ``n/a``.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> table = pd.DataFrame({"subject": ["=1+1"], "aseg_Left-Amygdala_volume": [1500.0]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_spreadsheet(table, pathlib.Path(folder, "wide.csv"))
    ...     print(pathlib.Path(folder, "wide.csv").read_text(), end="")
    subject,aseg_Left-Amygdala_volume
    '=1+1,1500.0
    """
    path = path_here(path)
    if path.suffix not in SUFFIXES:
        raise UnknownNameError.among("spreadsheet", path.suffix, SUFFIXES)
    require_file(path)
    if path.suffix == ".xlsx":
        _write_excel(table, path)
        return
    safe = _without_formulas(table)
    require_writable(safe, path.suffix)
    _require_own_sidecar(path)
    with replacing([path.with_suffix(".json"), path]) as (sidecar, data):
        write_sidecar(description_of(safe, {}), sidecar)
        write_delimited(safe, data, path.suffix)


def _require_own_sidecar(path: Path) -> None:
    """Raise if the sidecar of this name is a stranger's, or that of another table."""
    require_own_sidecar(path)
    others = [one for one in map(path.with_suffix, TABLES) if one != path and is_there(one)]
    if others and is_there(path.with_suffix(".json")):
        message = f"{path.with_suffix('.json')} describes {others[0].name}; choose another name for {path.name}"
        raise TableError(message)


def write_redcap(wide: pd.DataFrame, folder: PathLike, *, form: str = "morphometry") -> list[Path]:
    """Write a wide table for REDCap: ``data_dictionary.csv``, to be uploaded first, and ``records.csv``.

    Parameters
    ----------
    wide : DataFrame
        A row a run, as `to_wide` gives it.
    folder : path
        Where to; made if needed.
    form : str
        The instrument that holds the fields.

    Returns
    -------
    list of Path
        Both files.

    Raises
    ------
    ColumnsError
        If it is no wide table.
    TableError
        If the form's name is none that REDCap takes.
    OSError
        If a file cannot be written.

    Notes
    -----
    Fields are called by small letters, digits and underscores, as REDCap wants it; the field note has the name in the
    wide table and the unit. ``record_id`` is the name of the run's folder. Missing values are empty.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> wide = pd.DataFrame(
    ...     {"subject": ["sub-01"], "session": [None], "stream": ["cross"], "aseg_Left-Amygdala_volume": [1500.0]}
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = write_redcap(wide, folder)
    ...     print(pathlib.Path(folder, "records.csv").read_text(), end="")
    record_id,subject,session,stream,aseg_left_amygdala_volume
    sub-01,sub-01,,cross,1500.0
    """
    records, dictionary = redcap_tables(wide, describe_columns(wide), form=form)
    home = path_here(folder)
    home.mkdir(parents=True, exist_ok=True)
    paths = [home / "data_dictionary.csv", home / "records.csv"]
    with replacing(paths) as partial:
        for table, new in zip((dictionary, records), partial, strict=True):
            write_delimited(_without_formulas(table), new, ".csv")
    return paths


def spreadsheet_csv(table: pd.DataFrame) -> bytes:
    r"""Give what `write_spreadsheet` writes to a CSV file, with no cell that is a formula.

    Examples
    --------
    >>> spreadsheet_csv(pd.DataFrame({"subject": ["=1+1"], "n": [2]}))
    b"subject,n\n'=1+1,2\n"
    """
    return _without_formulas(table).to_csv(index=False, lineterminator="\n").encode("utf-8", "backslashreplace")


def _without_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before every text that a spreadsheet program would take for a formula."""
    texts = [name for name in table.columns if not pd.api.types.is_numeric_dtype(table[name].dtype)]
    made = table.assign(**{str(name): table[name].astype("str").map(_defused, na_action="ignore") for name in texts})
    return made.rename(columns=lambda name: _defused(str(name)))


def _defused(text: str) -> str:
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def _write_excel(table: pd.DataFrame, path: Path) -> None:
    if find_spec("xlsxwriter") is None:
        message = "what writes Excel files is not installed: pip install 'fsstats[xlsx]'"
        raise TableError(message)
    if len(table.columns) > _MOST_COLUMNS or len(table) >= _MOST_ROWS:
        found = f"{len(table):,} rows and {len(table.columns):,} columns"
        message = f"an Excel sheet holds {_MOST_ROWS:,} rows and {_MOST_COLUMNS:,} columns, found {found}; write .csv"
        raise TableError(message)
    described: dict[str, Any] = describe_columns(table)
    columns = pd.DataFrame(
        [(name, one.get("Description"), one.get("Units")) for name, one in described.items()],
        columns=["column", "description", "unit"],
    )
    plain = table.astype(
        {name: "object" for name in table.columns if isinstance(table[name].dtype, pd.CategoricalDtype)}
    )
    with (
        replacing([path]) as (new,),
        new.open("wb") as file,
        pd.ExcelWriter(file, engine="xlsxwriter", engine_kwargs={"options": _PLAIN}) as book,
    ):
        n_names = sum(name in SUBJECT_KEY for name in plain.columns)
        plain.to_excel(book, sheet_name="values", index=False, freeze_panes=(1, max(n_names, 1)))
        columns.to_excel(book, sheet_name="columns", index=False, freeze_panes=(1, 0))
        for sheet in book.sheets.values():
            sheet.autofit()
