"""Tables that name the labels of an image: FreeSurfer's colour tables, BIDS' ``dseg.tsv``, FSL's atlas descriptions."""

import csv
import re
from html import unescape
from typing import Final

from fsstats.errors import StatsFormatError
from fsstats.parsers._text import decode
from fsstats.schema import names_of_segid, regions

_COLOURED: Final = re.compile(r"(?P<label>-?\d{1,9})\s+(?P<name>\S.*?)(?:\s+\d+){3,4}")
_RGB: Final = re.compile(r"(?P<label>-?\d{1,9})\s+\S.*?\s+(?P<r>\d{1,3})\s+(?P<g>\d{1,3})\s+(?P<b>\d{1,3})(?:\s+\d+)?")
_PLAIN: Final = re.compile(r"(?P<label>-?\d{1,9})\s+(?P<name>\S.*?)")
_FSL_LABEL: Final = re.compile(r'<label\b[^>]*?\bindex="(\d{1,9})"[^>]*>([^<]*)</label>')
_FSL_TYPE: Final = re.compile(r"<type>\s*(\w+)\s*</type>")
_EXPECTED: Final = "a table of labels (FreeSurfer's colour table, a BIDS dseg.tsv, an FSL atlas .xml)"
_CORTEX: Final = {"aparc": "ctx-{hemi}-{name}", "aparc.a2009s": "ctx_{hemi}_{name}"}
"""What FreeSurfer's colour table calls the labels of cortical atlases in a volume."""


def read_lut(data: bytes, where: str) -> dict[int, str]:
    r"""Read a table of labels.

    Parameters
    ----------
    data : bytes
        The content: a colour table of FreeSurfer (``id name R G B A``), a BIDS ``dseg.tsv`` (columns ``index``
        and ``name``), or the XML description of an FSL atlas.
    where : str
        Name for messages.

    Returns
    -------
    dict of int to str
        Label to name. FSL counts the structures of a probabilistic atlas from 0, and the labels of its
        ``maxprob`` images from 1; the labels are given here.

    Raises
    ------
    StatsFormatError
        If it is no such table, or names one label twice.

    Examples
    --------
    >>> read_lut(b"#No. Name R G B A\n17 Left-Hippocampus 220 216 20 0\n", "my.lut.txt")
    {17: 'Left-Hippocampus'}
    """
    text, _ = decode(data, where)
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if text.lstrip().startswith("<"):
        pairs = _fsl(text)
    elif {"index", "name"} <= set(lines[0][1].strip().split("\t")):
        pairs = _bids(text, where)
    else:
        pairs = [_freesurfer(number, line.strip(), where) for number, line in lines if not _is_comment(line)]
    names: dict[int, str] = {}
    for label, name in pairs:
        if names.setdefault(label, name) != name:
            found = f"{names[label]} and {name}"
            raise StatsFormatError.at(where, expected=f"one name of label {label}", found=found)
    if not names:
        raise StatsFormatError.at(where, expected=_EXPECTED, found="none in it")
    return names


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(("#", "//"))


def _freesurfer(number: int, line: str, where: str) -> tuple[int, str]:
    found = _COLOURED.fullmatch(line) or _PLAIN.fullmatch(line)
    if found is None:
        raise StatsFormatError.at(f"{where}:{number}", expected=_EXPECTED, found=repr(line[:60]))
    return int(found["label"]), found["name"]


def _bids(text: str, where: str) -> list[tuple[int, str]]:
    rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    try:
        return [(int(row["index"]), row["name"].strip()) for row in rows]
    except (LookupError, ValueError, TypeError, AttributeError, csv.Error) as error:
        found = f"another in line {rows.line_num} ({error})"
        raise StatsFormatError.at(where, expected="whole numbers and names", found=found) from error


def _fsl(text: str) -> list[tuple[int, str]]:
    kind = _FSL_TYPE.search(text)
    first = 1 if kind and kind[1].startswith("Prob") else 0
    return [(int(index) + first, unescape(name).strip()) for index, name in _FSL_LABEL.findall(text)]


def read_colours(data: bytes, where: str) -> dict[int, tuple[int, int, int]]:
    r"""Read the colours of a table of labels.

    Parameters
    ----------
    data : bytes
        The content of a colour table of FreeSurfer (``id name R G B A``).
    where : str
        Name for messages.

    Returns
    -------
    dict of int to tuple of int
        Label to red, green and blue, from 0 to 255; empty for a table that has no colours.

    Raises
    ------
    StatsFormatError
        If a colour is above 255.

    Examples
    --------
    >>> read_colours(b"#No. Name R G B A\n17 Left-Hippocampus 220 216 20 0\n", "my.lut.txt")
    {17: (220, 216, 20)}
    """
    text, _ = decode(data, where)
    found = filter(None, (_RGB.fullmatch(line.strip()) for line in text.split("\n") if not _is_comment(line)))
    colours = {int(one["label"]): (int(one["r"]), int(one["g"]), int(one["b"])) for one in found}
    wrong = next((label for label, colour in colours.items() if max(colour) > 255), None)
    if wrong is not None:
        found_there = f"{colours[wrong]} of label {wrong}"
        raise StatsFormatError.at(where, expected="colours of 0 to 255", found=found_there)
    return colours


def freesurfer_names() -> dict[int, str]:
    """Give the names of FreeSurfer's labels that are known here: subcortical, white matter, and two cortical atlases.

    Examples
    --------
    >>> names = freesurfer_names()
    >>> names[17], names[1035], names[3035]
    ('Left-Hippocampus', 'ctx-lh-insula', 'wm-lh-insula')
    """
    cortex = {
        one.segid: _CORTEX[one.atlas].format(hemi=one.hemi, name=one.name)
        for one in regions()
        if one.atlas in _CORTEX and one.segid is not None
    }
    volume = {one.segid for one in regions() if one.atlas in ("aseg", "wmparc") and one.segid is not None}
    return cortex | {segid: names_of_segid(segid)[0] for segid in volume}
