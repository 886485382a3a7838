"""What raters found, as the page saves it."""

import os
from typing import Final

import pandas as pd

from fsstats._frames import require, some_of
from fsstats.errors import TableError, UnknownNameError
from fsstats.io.files import read_table
from fsstats.schema import SUBJECT_KEY

RATINGS: Final = ("pass", "doubtful", "fail")


def read_ratings(path: str | os.PathLike[str], *, source: str | None = None, stream: str | None = None) -> pd.DataFrame:
    r"""Read the ratings that the page of `snapshots` saved, to put them onto a table.

    Parameters
    ----------
    path : path
        The file, ``ratings.tsv``.
    source : str, optional
        Only ratings of this segmentation, such as ``aparc+aseg`` or ``first``.
    stream : {"cross", "long", "base"}, optional
        Only ratings of runs of this stream.

    Returns
    -------
    DataFrame
        A row a subject and session: subject, session (missing where there is none), rating (``pass``, ``doubtful``,
        ``fail``; missing where there is none yet), note.

    Raises
    ------
    ColumnsError
        If a column is not there.
    UnknownNameError
        If there is no such rating, or nothing of the source or stream.
    TableError
        If a subject's session has several ratings: choose a source or stream.

    See Also
    --------
    snapshots : Makes the page.
    join : Puts the ratings onto the rows of a table.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> text = "subject\tsession\tstream\tsource\trating\tnote\n01\tn/a\tcross\tfirst\tfail\tleft amygdala\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "ratings.tsv")
    ...     _ = path.write_text(text)
    ...     ratings = read_ratings(path)
    >>> ratings.to_dict("records")
    [{'subject': '01', 'session': nan, 'rating': 'fail', 'note': 'left amygdala'}]
    """
    ratings = read_table(path)
    require(ratings, [*SUBJECT_KEY, "source", "rating", "note"], needed_by="read_ratings")
    for column, name in (("source", source), ("stream", stream)):
        if name is not None:
            there = ratings[column].dropna().unique()
            if name not in there:
                raise UnknownNameError.among(column, name, there)
            ratings = ratings[ratings[column] == name]
    strange = [name for name in ratings["rating"].dropna().unique() if name not in RATINGS]
    if strange:
        raise UnknownNameError.among("rating", strange[0], RATINGS)
    _require_one_each(ratings, os.fspath(path))
    texts = ratings[["subject", "session", "rating", "note"]].reset_index(drop=True)
    return texts.astype("object").astype(pd.StringDtype(na_value=float("nan")))


def _require_one_each(ratings: pd.DataFrame, where: str) -> None:
    twice = ratings[ratings.duplicated(["subject", "session"], keep=False)]
    if len(twice):
        subjects = some_of([*dict.fromkeys(twice["subject"].astype(str))])
        kinds = ", ".join([*dict.fromkeys(twice["source"].astype(str)), *dict.fromkeys(twice["stream"].astype(str))])
        message = f"{where}: several ratings of {subjects}; choose a source or stream ({kinds})"
        raise TableError(message)
