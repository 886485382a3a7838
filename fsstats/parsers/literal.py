"""A stats file as FreeSurfer's two scripts read it: by the places of its words, whatever they are called.

`parse_stats` reads a file by its header and leaves out what cannot be true. The scripts do neither, and a table that
shall be theirs byte for byte needs their eyes.
"""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from fsstats._frames import FloatArray
from fsstats.errors import StatsFormatError


class Reader(NamedTuple):
    """Which words of a line a script takes, counted from 0, and which header lines."""

    name: int
    value: int
    segid: int | None
    """None for a script that goes by names: of two lines of one name the last counts, in the place of the first."""
    prefixes: Mapping[str, str]
    """The fields of header Measures, by how their lines begin."""
    up_to: int | None = None
    """Lines of a greater segmentation id are passed over before anything else is read of them."""
    without: frozenset[str] = frozenset()
    """Likewise those of these ids."""


class Literal(NamedTuple):
    """What a script sees in a file. Made by `read_literally`."""

    segids: tuple[str | None, ...]
    names: tuple[str, ...]
    fields: tuple[str, ...]
    values: FloatArray
    """The structures', then the header Measures', shape (n_names + n_fields,)."""


def read_literally(data: bytes, where: str, reader: Reader) -> Literal:
    r"""Read a file as a script does.

    Parameters
    ----------
    data : bytes
        The file.
    where : str
        Its path, for messages.
    reader : Reader
        What the script takes.

    Returns
    -------
    Literal
        Every line without a number sign is a structure, every header line that begins as it should a Measure.

    Raises
    ------
    StatsFormatError
        If the script would end in a traceback: a line has too few words, a word is no number; or if it goes by ids, and
        one comes twice, or a Measure.

    Examples
    --------
    >>> reader = Reader(name=4, value=3, segid=1, prefixes={"# Measure Mask, MaskVol,": "MaskVol"})
    >>> data = b"# Measure Mask, MaskVol, Mask Volume, 1500000.0, mm^3\n 1 17 4000 4000.5 Left-Hippocampus\n"
    >>> read_literally(data, "aseg.stats", reader)[:3]
    (('17',), ('Left-Hippocampus',), ('MaskVol',))
    """
    rows: list[tuple[str | None, str, float]] = []
    fields: list[tuple[str, float]] = []
    for number, line in enumerate(_lines(data, where), start=1):
        try:
            if "#" not in line:
                rows += _row(line.split(), reader)
            fields += [
                (field, float(line.split(",")[3]))
                for prefix, field in reader.prefixes.items()
                if line.startswith(prefix)
            ]
        except (IndexError, ValueError):
            expected = f"a number as word {reader.value + 1} of a line, or as fourth part of a Measure"
            raise StatsFormatError.at(f"{where}, line {number}", expected=expected, found=repr(line[:60])) from None
    if reader.segid is None:
        rows = [(None, name, value) for name, value in {name: value for _, name, value in rows}.items()]
        fields = [*dict(fields).items()]
    for names in ([segid for segid, _, _ in rows if segid is not None], [field for field, _ in fields]):
        again = next((name for name, n in Counter(names).items() if n > 1), None)
        if again is not None:
            raise StatsFormatError.at(where, expected=f"{again} once", found="it twice", status="conflict")
    return Literal(
        tuple(segid for segid, _, _ in rows),
        tuple(name for _, name, _ in rows),
        tuple(field for field, _ in fields),
        np.array([*(value for _, _, value in rows), *(value for _, value in fields)], dtype=np.float64),
    )


def _row(words: list[str], reader: Reader) -> list[tuple[str | None, str, float]]:
    """Read a line; none if its id is passed over."""
    segid = None if reader.segid is None else words[reader.segid]
    if segid is not None and ((reader.up_to is not None and int(segid) > reader.up_to) or segid in reader.without):
        return []
    return [(segid, words[reader.name], float(words[reader.value]))]


def _lines(data: bytes, where: str) -> list[str]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise StatsFormatError.at(where, expected="UTF-8", found="other bytes") from error
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]
