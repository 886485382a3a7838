"""A structure's name and its volume a line, in files of a kind of one's own."""

from typing import Final

from fsstats.errors import StatsFormatError, wording
from fsstats.parsers._build import stats_file
from fsstats.parsers._header import Remark, to_number
from fsstats.parsers._text import Line, decode, numbered_lines
from fsstats.parsers.formats import Format
from fsstats.parsers.statsfile import StatsFile
from fsstats.schema import canonical_region, identify, kind_of, printed_regions

_NAME: Final = "volumes"


def parse_volumes(data: bytes, where: str) -> StatsFile:
    r"""Read lines of a name and a volume in mm^3; a line that is no such pair is left out and named.

    Parameters
    ----------
    data : bytes
        The whole content. Lines that begin with ``#`` are comments.
    where : str
        The file's name, by which its kind and atlas are known.

    Returns
    -------
    StatsFile
        One row a line, with the column ``Volume_mm3``.

    Raises
    ------
    StatsFormatError
        If no line is such a pair.

    Examples
    --------
    >>> parse_volumes(b"Left-Lesion 12.5\n", "lesions.txt").rows
        StructName  Volume_mm3
    0  Left-Lesion        12.5
    """
    text, remarks = decode(data, where)
    lines, unfinished = numbered_lines(text)
    remarks += unfinished
    values: dict[str, float] = {}
    for line in lines:
        if not line[1].lstrip().startswith("#"):
            _take(line, values, remarks)
    if not values:
        raise StatsFormatError.at(where, expected="lines of a name and a volume", found=repr(text.strip()[:60]))
    rows = [[value] for value in values.values()]
    remarks += _lacking(where, values)
    return stats_file(where, names=tuple(values), columns={"Volume_mm3": ""}, numbers=rows, remarks=remarks)


def _take(line: Line, values: dict[str, float], remarks: list[Remark]) -> None:
    number, text = line
    name, _, printed = text.strip().replace("\t", " ").rpartition(" ")
    name = name.strip()
    try:
        value = to_number(printed)
    except ValueError:
        name = ""
        value = 0.0
    if not name or name in values:
        due = "a name and a volume" if not name else f"one line for {name}"
        remarks.append(Remark(number, wording(expected=due, found=repr(text.strip()[:60]), hint="It is left out")))
    else:
        values[name] = value


def _lacking(where: str, values: dict[str, float]) -> list[Remark]:
    """Name what the atlas has and a file that should have all of it lacks."""
    said, known = identify(where), kind_of(where)
    if said is None or known is None or known.atlas is None or not known.complete:
        return []
    due = printed_regions(known.atlas, said.hemi)
    present = {canonical_region(name, atlas=known.atlas) for name in values}
    lost = [name for name in due if name not in present]
    found = f"{len(due) - len(lost)}; without {', '.join(lost)}"
    return [Remark(None, wording(expected=f"{len(due)} regions", found=found))] if lost else []


def _recognises(_head: bytes, where: str) -> bool:
    """Recognise a file of a kind that says so: such lists are too plain to be known by their content."""
    known = kind_of(where)
    return known is not None and known.format == _NAME


FORMATS: tuple[Format, ...] = (Format(_NAME, _recognises, parse_volumes),)
