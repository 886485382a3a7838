"""Tables of many subjects, from a file to the long table."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from fsstats.discovery.subjects import Subject, name_all
from fsstats.errors import warn
from fsstats.io._given import read_given
from fsstats.parsers import chosen, summarise
from fsstats.parsers.grouptables import GroupTable, parse_group_table
from fsstats.places import Place
from fsstats.tables.assemble import Block, assemble

NameAll = Callable[[Iterable[Place]], Sequence[Subject]]
"""Names subjects together: a longitudinal run tells what its time points are."""


def read_group_table(
    path: str | os.PathLike[str],
    *,
    source: str | None = None,
    hemi: str | None = None,
    measure: str | None = None,
    details: bool = False,
) -> pd.DataFrame:
    r"""Read a table of many subjects into the long table.

    Parameters
    ----------
    path : path
        A table of ``asegstats2table`` or ``aparcstats2table``, one of ENIGMA's, of the subregion tools or of
        SynthSeg, or a lab's own: cells parted by tab, comma, semicolon or blanks, one line a subject or one
        line a structure.
    source : str, optional
        The stats file that the table was made of (``aparc.DKTatlas``), where names do not tell it.
    hemi : {"lh", "rh"}, optional
        The side, where names do not tell it.
    measure : str, optional
        What was measured (``thickness``), where names do not tell it.
    details : bool
        Add the columns ``segid`` and ``name_found``.

    Returns
    -------
    DataFrame
        The long table, as `load` gives it. The content decides what it is, never the file's name.

    Raises
    ------
    StatsFormatError
        If it is no such table, or source, side or measure must be given.
    OSError
        If it cannot be opened.

    Warns
    -----
        If a column is not recognised (each is named), a row cannot be used, or a value is doubtful.

    See Also
    --------
    load : The same from the stats files themselves, which say more.

    Notes
    -----
    ``aparcstats2table`` and ``asegstats2table --all-segs`` print 0 for a structure that a subject lacks. In the
    cortex, in intensities and in header Measures that is missing here; a volume of 0 may be true and stays.
    Tables made with ``--etiv`` have the unit ``percent``. Columns that are not recognised (age, site) are left
    out: give them to `join`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "any.csv")
    ...     _ = path.write_text("lh.aparc.thickness,lh_insula_thickness\nsub-01_ses-2,3.012\n")
    ...     table = read_group_table(path)
    >>> table[["subject", "session", "source", "hemi", "region", "measure", "value", "unit"]]
      subject session source hemi  region    measure  value unit
    0  sub-01   ses-2  aparc   lh  insula  thickness  3.012   mm
    """
    where = os.fspath(path)
    table = parse_group_table(read_given(where), where, source=source, hemi=hemi, measure=measure)
    text = doubts(table)
    if text:
        warn(f"{where}: {text}")
    return assemble(blocks_of(table), details=details)


def doubts(table: GroupTable) -> str:
    """Say in one text what is not recognised, missing or doubtful; '' where all is well.

    Parameters
    ----------
    table : GroupTable
        The table.

    Returns
    -------
    str
        Every column that is not recognised, and the remarks.
    """
    strange = table.unrecognised
    columns = [f"not recognised, and left out: {', '.join(strange)}"] if strange else []
    return "; ".join([*columns, *filter(None, [summarise(list(table.remarks), most=6)])])


def blocks_of(
    table: GroupTable, name_subjects: NameAll = name_all, *, measures: frozenset[str] | None = None
) -> list[Block]:
    """Give the values of each subject as `load` puts them together, one block a subject and source.

    Parameters
    ----------
    table : GroupTable
        The table.
    name_subjects : callable
        From paths, here the subjects' names alone, to subject, session and stream.
    measures : frozenset of str, optional
        Only these.

    Returns
    -------
    list of Block
        Subjects and values in the order of the table.
    """
    sources = np.array(table.sources, dtype=object)
    wanted = table.order if measures is None else table.order[np.isin(table.order, chosen(table.layout, measures))]
    places = {source: wanted[sources[wanted] == source] for source in dict.fromkeys(table.sources)}
    return [
        Block(who.subject, who.session, who.stream, source, table.layout, values, own)
        for who, values in zip(_named(table, name_subjects), table.values, strict=True)
        for source, own in places.items()
        if len(own)
    ]


def _named(table: GroupTable, name_subjects: NameAll) -> list[Subject]:
    """Tell subject, session and stream; where two rows would be one and the same, the table's names are kept."""
    paths = [Path(name) for name in table.subjects]
    found = [
        Subject(who.path, who.subject, who.session or session, who.stream)
        for who, session in zip(name_subjects(paths), table.sessions, strict=True)
    ]
    counts = Counter((who.subject, who.session, who.stream) for who in found)
    return [
        who if counts[who.subject, who.session, who.stream] == 1 else Subject(who.path, name, session)
        for who, name, session in zip(found, table.subjects, table.sessions, strict=True)
    ]
