"""A stats file as FreeSurfer's two scripts read it: by the places of its words, whatever they are called.

`parse_stats` reads a file by its header and leaves out what cannot be true. The scripts do neither, and a table that
shall be theirs byte for byte needs their eyes.
"""

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
    prefixes: Mapping[str, str]
    """The fields of header Measures, by how their lines begin."""


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
        If the script would end in a traceback: a line has too few words, a word is no number, an id comes twice.

    Examples
    --------
    >>> reader = Reader(name=4, value=3, segid=1, prefixes={"# Measure Mask, MaskVol,": "MaskVol"})
    >>> data = b"# Measure Mask, MaskVol, Mask Volume, 1500000.0, mm^3\n 1 17 4000 4000.5 Left-Hippocampus\n"
    >>> read_literally(data, "aseg.stats", reader)[:3]
    (('17',), ('Left-Hippocampus',), ('MaskVol',))
    """
    lines = _lines(data, where)
    segids, names, values, fields, sizes = [], [], [], [], []
    for number, line in enumerate(lines, start=1):
        try:
            if "#" not in line:
                words = line.split()
                segids.append(None if reader.segid is None else words[reader.segid])
                names.append(words[reader.name])
                values.append(float(words[reader.value]))
            for prefix, field in reader.prefixes.items():
                if line.startswith(prefix):
                    fields.append(field)
                    sizes.append(float(line.split(",")[3]))
        except (IndexError, ValueError):
            expected = f"a number as word {reader.value + 1} of a line, or as fourth part of a Measure"
            raise StatsFormatError.at(f"{where}, line {number}", expected=expected, found=repr(line[:60])) from None
    ids = [segid for segid in segids if segid is not None]
    if len(set(ids)) < len(ids) or len(set(fields)) < len(fields):
        raise StatsFormatError.at(where, expected="each id and Measure once", found="one twice", status="conflict")
    return Literal(tuple(segids), tuple(names), tuple(fields), np.array([*values, *sizes], dtype=np.float64))


def _lines(data: bytes, where: str) -> list[str]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise StatsFormatError.at(where, expected="UTF-8", found="other bytes") from error
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]
