"""ENIGMA's tables on disk."""

from typing import Final

import pandas as pd

from fsstats._frames import some_of
from fsstats.errors import warn
from fsstats.io._replace import replacing
from fsstats.io._stores import PathLike, path_here
from fsstats.io.load import Cohort
from fsstats.tables.enigma import SUBJECT, VERSION, enigma_tables, enigma_text

_MOST_NAMED: Final = 5


def _lacking(name: str, frame: pd.DataFrame) -> str:
    """Say how many cells are NA, of which columns and which runs."""
    lacking = frame.isna()
    columns, runs = (
        some_of([*map(str, names)], _MOST_NAMED)
        for names in (frame.columns[lacking.any()], frame.loc[lacking.any(axis=1), SUBJECT])
    )
    return f"{name}: {int(lacking.to_numpy().sum())} cells are NA, in {columns}; of {runs}"


def write_enigma(
    cohort: Cohort | pd.DataFrame,
    folder: PathLike,
    *,
    subcortical: str | None = None,
    cortical: str | None = None,
    version: bool = True,
) -> dict[str, pd.DataFrame]:
    """Write the three CSV files of ENIGMA's FreeSurfer protocol.

    Parameters
    ----------
    cohort : Cohort or DataFrame
        What `load_cohort` gives; or a long table, with which the version is not known.
    folder : path
        Where to; made if needed.
    subcortical, cortical : str, optional
        Where volumes, and thickness and area are from; see `enigma_tables`.
    version : bool
        Whether the last column is ``Freesurfer_Version``, as in the protocol of 2026; older ones have none.

    Returns
    -------
    dict of DataFrame
        What was written, by the names of the files.

    Raises
    ------
    UnknownNameError
        If there is no such source.
    TableError
        If a subject's name holds a comma.
    OSError
        If the files cannot be written.

    Warns
    -----
        If values are missing, which are written as NA.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from fsstats import load_cohort
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cohort = load_cohort(make_cohort(pathlib.Path(folder, "subjects"), n_subjects=2, seed=1).root)
    ...     _ = write_enigma(cohort, folder)
    ...     print(pathlib.Path(folder, "LandRvolumes.csv").read_text().splitlines()[1])  # doctest: +ELLIPSIS
    sub-001,12572.5,9557.2,...,1629652.822668,7.4.1
    """
    table, files = (cohort.table, cohort.files) if isinstance(cohort, Cohort) else (cohort, None)
    made = enigma_tables(table, files=files, subcortical=subcortical, cortical=cortical)
    if not version:
        made = {name: frame.drop(columns=VERSION, errors="ignore") for name, frame in made.items()}
    for name, frame in made.items():
        if frame.isna().to_numpy().any():
            warn(_lacking(f"{name}.csv", frame))
    home = path_here(folder)
    home.mkdir(parents=True, exist_ok=True)
    with replacing([home / f"{name}.csv" for name in made]) as partial:
        for frame, new in zip(made.values(), partial, strict=True):
            new.write_text(enigma_text(frame), encoding="utf-8", newline="\n")
    return {f"{name}.csv": frame for name, frame in made.items()}
