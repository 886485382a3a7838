"""Qdec tables and group descriptor files on disk."""

from collections.abc import Sequence
from typing import Final

import pandas as pd

from fsstats._frames import listed, plain_rows, require, some_of
from fsstats.errors import TableError, warn
from fsstats.io._given import read_given
from fsstats.io._replace import replacing, write_text
from fsstats.io._stores import PathLike, path_here, require_file
from fsstats.io.load import Cohort
from fsstats.schema import CELL, LONG, SUBJECT_KEY
from fsstats.tables._alike import folders_of, run_names
from fsstats.tables.designs import BASE, FSID, design_of, fsgd_text, parse_fsgd, parse_qdec, qdec_text
from fsstats.tables.join import join
from fsstats.tables.variables import people_columns, places_of

_MOST_NAMED: Final = 3


def people_of(
    cohort: Cohort | pd.DataFrame,
    participants: pd.DataFrame | None = None,
    variables: Sequence[str] = (),
    *,
    longitudinal: bool = False,
) -> pd.DataFrame:
    """Put together who is in a model and with what: participants' columns and measures, a row a run.

    Parameters
    ----------
    cohort : Cohort or DataFrame
        The values, and how the subjects' folders are called; or a long table alone.
    participants : DataFrame, optional
        A row a subject, or a subject and session; see `join`. By default the columns that the long table has beyond
        its own.
    variables : sequence of str
        What is wanted besides the participants' columns: header Measures of aseg (``eTIV``), or columns of the wide
        table (``aseg_Left-Hippocampus_volume``).
    longitudinal : bool
        Take the runs of the longitudinal stream, and their values; else those of the cross-sectional one.

    Returns
    -------
    DataFrame
        subject, session and stream, ``fsid`` and ``fsid-base`` (see `write_qdec`), the participants' columns and the
        variables.

    Raises
    ------
    UnknownNameError
        If a variable is neither.
    TableError
        If there is no such run, none is left, or a variable's name stands for several values.

    Warns
    -----
        If a subject is on one side only, and is left out; if a subject stands in several rows of a cross-sectional
        model, or in one of a longitudinal one.

    Examples
    --------
    >>> import tempfile
    >>> from fsstats import load_cohort
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = make_cohort(folder, n_subjects=2, seed=1)
    ...     cohort = load_cohort(made.root, sources=["aseg"])
    >>> people_of(cohort, made.participants, ["eTIV"])[["fsid", "group", "age", "eTIV"]]
          fsid    group   age          eTIV
    0  sub-001  patient  39.2  1.629653e+06
    1  sub-002  control  25.8  1.361159e+06
    """
    table, folders = (cohort.table, folders_of(cohort.files)) if isinstance(cohort, Cohort) else (cohort, {})
    require(table, LONG, needed_by="people_of")
    own = _of_stream(table, "long" if longitudinal else "cross")
    further = people_columns(table.columns)
    runs = own[[*SUBJECT_KEY, *(further if participants is None else [])]].drop_duplicates().reset_index(drop=True)
    runs = runs.astype(dict.fromkeys(SUBJECT_KEY, "str"))
    people = runs if participants is None else join(runs, participants, unmatched="drop")
    missing = [name for name in variables if name not in people.columns]
    if missing:
        people = people.merge(_values(own, missing, people_columns(people.columns)), on=list(SUBJECT_KEY), how="left")
    _warn_of_rows(people["subject"], longitudinal=longitudinal)
    who = plain_rows(people[list(SUBJECT_KEY)])
    scans = [(subject, session, "cross") for subject, session, _ in who]
    return people.assign(**{FSID: run_names(scans, folders), BASE: [subject for subject, _, _ in who]})


def _of_stream(table: pd.DataFrame, stream: str) -> pd.DataFrame:
    own = table[table["stream"] == stream]
    if not len(own):
        message = (
            f"there is no run of the stream {stream}; there are {', '.join(sorted(set(table['stream'].astype('str'))))}"
        )
        raise TableError(message)
    return own


def _warn_of_rows(subjects: pd.Series, *, longitudinal: bool) -> None:
    """Warn of what FreeSurfer's models would take without a word."""
    counts = subjects.value_counts()
    odd = [str(name) for name in counts.index[counts == 1 if longitudinal else counts > 1]]
    if odd:
        which = some_of(odd, _MOST_NAMED)
        text = (
            "one time point, and so no slope"
            if longitudinal
            else "several rows, which a model takes for several people"
        )
        warn(f"{len(odd)} subjects have {text}: {which}")


def _values(own: pd.DataFrame, names: Sequence[str], others: Sequence[str]) -> pd.DataFrame:
    """Give the values that names stand for, a row a run and a column a name."""
    cells = own[list(CELL)].drop_duplicates().reset_index(drop=True)
    columns: list[pd.Series] = []
    for name, place in places_of(names, cells, others=others).items():
        source, hemi, region, measure = cells.iloc[place]
        side = own["hemi"].isna() if pd.isna(hemi) else own["hemi"] == hemi
        rows = own[(own["source"] == source) & side & (own["region"] == region) & (own["measure"] == measure)]
        columns.append(
            rows.assign(**{key: rows[key].astype("str") for key in SUBJECT_KEY})
            .set_index(list(SUBJECT_KEY))["value"]
            .rename(name)
        )
    return pd.concat(columns, axis=1).reset_index()


def write_qdec(
    people: pd.DataFrame,
    path: PathLike,
    *,
    variables: Sequence[str] = (),
    factors: Sequence[str] = (),
    longitudinal: bool = False,
) -> None:
    """Write a qdec table, with which ``long_mris_slopes``, ``mris_preproc --qdec-long`` and the like go on.

    Parameters
    ----------
    people : DataFrame
        A row a run: subject, session and stream, as in a wide table (`to_wide`), or a column ``fsid``; and the
        columns that are named.
    path : path
        The table, usually ``qdec.table.dat``. Beside it every factor gets a file ``<factor>.levels``.
    variables, factors : sequence of str
        Columns with numbers, and with levels.
    longitudinal : bool
        Write ``fsid`` (the time point) and ``fsid-base`` (the subject) as FreeSurfer's longitudinal programs want it.

    Raises
    ------
    UnknownNameError
        If a column is not there.
    TableError
        If a value is missing, is no number, or holds blanks: FreeSurfer would shift or stop.
    OSError
        If a file cannot be written.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> people = pd.DataFrame({"fsid": ["me1", "me2"], "fsid-base": ["me", "me"], "age": [22.3, 23.2]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "long.qdec.table.dat")
    ...     write_qdec(people, path, variables=["age"], longitudinal=True)
    ...     print(path.read_text(), end="")
    fsid fsid-base age
    me1 me 22.3
    me2 me 23.2
    """
    path, factors, variables = path_here(path), listed(factors), listed(variables)
    design = design_of(people, variables, factors=factors, longitudinal=longitudinal)
    require_file(path)
    levels = {path.with_name(f"{name}.levels"): _lines(design[name]) for name in factors}
    strange = next(
        (one for one, text in levels.items() if one.exists() and one.read_text(encoding="utf-8") != text), None
    )
    if strange is not None:
        message = f"{strange} is there and holds other levels; write this table into a folder of its own"
        raise TableError(message)
    texts = levels | {path: qdec_text(design)}
    with replacing([*texts]) as partial:
        for text, new in zip(texts.values(), partial, strict=True):
            new.write_text(text, encoding="utf-8", newline="\n")


def _lines(levels: pd.Series) -> str:
    return "".join(f"{level}\n" for level in sorted(levels.unique()))


def write_fsgd(
    people: pd.DataFrame,
    path: PathLike,
    *,
    variables: Sequence[str] = (),
    factors: Sequence[str] = (),
    title: str = "fsstats",
) -> None:
    """Write a group descriptor file, with which ``mris_preproc`` and ``mri_glmfit`` go on.

    Parameters
    ----------
    people : DataFrame
        A row a run: subject, session and stream, as in a wide table (`to_wide`), or a column ``fsid``; and the
        columns that are named.
    path : path
        The file, usually ``.fsgd``.
    variables, factors : sequence of str
        Columns with numbers, and with levels. A class is a combination of levels (``F_patient``); without factors
        all are of the class All.
    title : str
        The model's name, without blanks.

    Raises
    ------
    UnknownNameError
        If a column is not there.
    TableError
        If a value is missing, is no number, or holds blanks.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> people = pd.DataFrame({"fsid": ["sub-01", "sub-02"], "sex": ["F", "M"], "age": [30, 41.5]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "age.fsgd")
    ...     write_fsgd(people, path, factors=["sex"], variables=["age"], title="age")
    ...     print(path.read_text(), end="")
    GroupDescriptorFile 1
    Title age
    Class F
    Class M
    Variables age
    Input sub-01 F 30
    Input sub-02 M 41.5
    DefaultVariable age
    """
    if len(title.split()) != 1:
        message = f"expected a title without blanks, found {title!r}"
        raise TableError(message)
    path, factors, variables = path_here(path), listed(factors), listed(variables)
    text = fsgd_text(design_of(people, variables, factors=factors), factors, variables, title=title)
    require_file(path)
    write_text(text, path)


def read_qdec(path: PathLike) -> pd.DataFrame:
    r"""Read a qdec table.

    Parameters
    ----------
    path : path
        The table; lines that begin with ``#``, and a line ``SUBJECTS_DIR``, are passed over.

    Returns
    -------
    DataFrame
        ``fsid``, perhaps ``fsid-base``, and the other columns: numbers where all are numbers, else text.

    Raises
    ------
    StatsFormatError
        If it is no qdec table, or a row has more or fewer words than the heading.
    OSError
        If it cannot be opened.

    Examples
    --------
    >>> import pathlib
    >>> _ = pathlib.Path("qdec.table.dat").write_text("fsid gender age\nsub-01 F 30\n")
    >>> read_qdec("qdec.table.dat")
         fsid gender  age
    0  sub-01      F   30
    """
    return parse_qdec(_text(path), str(path))


def read_fsgd(path: PathLike) -> pd.DataFrame:
    r"""Read a group descriptor file.

    Parameters
    ----------
    path : path
        The file, version 1.

    Returns
    -------
    DataFrame
        ``fsid``, ``class`` (categories in the order of the file) and the variables.

    Raises
    ------
    StatsFormatError
        If it is no such file, or an ``Input`` line does not fit to its classes and variables.
    OSError
        If it cannot be opened.

    Examples
    --------
    >>> import pathlib
    >>> text = "GroupDescriptorFile 1\nClass F\nVariables age\nInput sub-01 F 30\n"
    >>> _ = pathlib.Path("age.fsgd").write_text(text)
    >>> read_fsgd("age.fsgd")
         fsid class   age
    0  sub-01     F  30.0
    """
    return parse_fsgd(_text(path), str(path))


def _text(path: PathLike) -> str:
    return read_given(path).decode("utf-8-sig", "backslashreplace")
