"""Recognise and read the text of one stats file; bytes or text in, `StatsFile` out, no disk."""

import re
from collections.abc import Callable

import numpy as np

from fsstats.errors import StatsFormatError, wording
from fsstats.parsers._header import Header, Remark, read_header
from fsstats.parsers._rows import Table, read_rows
from fsstats.parsers.statsfile import StatsFile
from fsstats.schema import NAME_COLUMN, SOURCE, canonical_region, identify, printed_regions

_WRITTEN_AS = re.compile(r"(?:^|\s)(?:-f|--sum|-o|--segstatsfile)\s+(?:\S*/)?([^/\s]+\.stats)(?:\s|$)")
_GROUP_TABLE = re.compile(r"^(?:Measure:\w+|[lr]h\.[\w.-]+\.\w+)[\t,; ]")
_OURS = re.compile(
    r"^\s*#\s*(?:ColHeaders|Measure|surface-based-volume|Title Segmentation|Table of FreeSurfer|generating_program)\b",
    re.MULTILINE,
)
_NO_TABLE = Table((), np.empty((0, 0)), ())


def parse_stats(data: str | bytes, *, where: str = "<text>", strict: bool = True) -> StatsFile:
    r"""Read the text of one FreeSurfer or FastSurfer stats file.

    Understands what ``mri_segstats``, ``mris_anatomical_stats``,
    ``mri_brainvol_stats`` and FastSurfer's ``segstats.py`` write, of
    FreeSurfer 4.5 to 8. Columns go by ``ColHeaders``, never by position.

    Parameters
    ----------
    data : str or bytes
        The whole content. Bytes need not be UTF-8: headers hold user names and paths as they were.
    where : str
        Name for messages. If it ends in a file name such as ``lh.aparc.stats``, source and
        hemisphere are read from it, else from the header's command line.
    strict : bool
        Raise if anything is missing. If False, what is whole is kept and
        `StatsFile.remarks` names the rest.

    Returns
    -------
    StatsFile
        Header, Measures and rows.

    Raises
    ------
    StatsFormatError
        If the content is not a stats file, or is one that is not whole (with `strict`).

    Examples
    --------
    >>> stats = parse_stats("# ColHeaders StructName NumVert ThickAvg\ninsula 2210 3.012\n")
    >>> stats.rows
      StructName  NumVert  ThickAvg
    0     insula     2210     3.012
    """
    text, remarks = _decode(data, where)
    _refuse_strangers(text, where)
    lines = list(enumerate(text.split("\n"), start=1))
    remarks += _drop_unfinished_line(lines)
    is_header = [line.lstrip().startswith("#") for _, line in lines]
    header = read_header(line for line, head in zip(lines, is_header, strict=True) if head)
    body = [line for line, head in zip(lines, is_header, strict=True) if not head and line[1].strip()]
    stats = _assemble(where, header, body, remarks)
    if strict and not stats.is_whole:
        losses = [remark for remark in stats.remarks if remark.loss]
        raise StatsFormatError(summarise(losses, where))
    return stats


def summarise(remarks: list[Remark], where: str = "", *, most: int = 3) -> str:
    """Join remarks into one text, the first few in full; the first with the file in front, if it is given."""
    named = [_in_file(remark) for remark in remarks[:most]]
    if where and remarks:
        named[0] = remarks[0].at(where)
    more = [f"and {len(remarks) - most} more"] if len(remarks) > most else []
    return "; ".join(named + more)


def _in_file(remark: Remark) -> str:
    return f"line {remark.line}: {remark.text}" if remark.line else remark.text


def _decode(data: str | bytes, where: str) -> tuple[str, list[Remark]]:
    """Turn bytes into text, and say what is odd about them."""
    if isinstance(data, bytes) and data.startswith((b"\xff\xfe", b"\xfe\xff")):
        hint = "Save it as UTF-8"
        raise StatsFormatError.at(where, expected="plain text", found="UTF-16 text of a Windows editor", hint=hint)
    if (b"\0" if isinstance(data, bytes) else "\0") in data:  # type: ignore[operator]
        raise StatsFormatError.at(where, expected="plain text", found="binary data")
    remarks: list[Remark] = []
    text = data if isinstance(data, str) else _to_text(data, remarks)
    if "\r" in text:
        remarks.append(Remark(None, "lines end as on Windows (CR LF); all of it was read", loss=False))
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise StatsFormatError.at(where, expected="a stats file", found="an empty file", status="empty")
    return text, remarks


def _to_text(data: bytes, remarks: list[Remark]) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        remarks.append(Remark(line, "a character is not UTF-8; it is shown as \\x and its code", loss=False))
        return data.decode("utf-8", errors="backslashreplace")


def _refuse_strangers(text: str, where: str) -> None:
    """Raise for content that is no table of this kind, and say what it is."""
    if _OURS.search(text):
        return
    refuse: Callable[..., StatsFormatError] = StatsFormatError.at
    if _GROUP_TABLE.match(text):
        name = text.split("\n", 1)[0].split(maxsplit=1)[0]
        hint = "It holds many subjects; this reads one subject's file"
        raise refuse(
            where, expected="one subject's stats", found=f"a group table ({name})", hint=hint, status="skipped"
        )
    if "<mean> +- <std> (using" in text:
        found = "the curvature report of mris_curvature_stats"
        raise refuse(
            where, expected="a table with ColHeaders", found=found, hint="It is not read yet", status="skipped"
        )
    first = next(line for line in text.split("\n") if line.strip())
    raise refuse(where, expected="a stats file with a '# ColHeaders' or '# Measure' line", found=f"{first[:60]!r}")


def _drop_unfinished_line(lines: list[tuple[int, str]]) -> list[Remark]:
    """Take away a last line without a line feed: its last number may be cut, and nothing would show it."""
    number, last = lines.pop()
    if not last.strip():
        return []
    found = f"{last.strip()[-40:]!r}, which may be cut"
    return [Remark(number, wording(expected="a line feed at the end of the file", found=found))]


def _assemble(where: str, header: Header, body: list[tuple[int, str]], remarks: list[Remark]) -> StatsFile:
    source, hemi = _identity(where, header)
    table = read_rows(body, header.columns) if header.columns else _NO_TABLE
    columns = [(i, name) for i, name in enumerate(header.columns or ()) if name != NAME_COLUMN]
    found = [*remarks, *header.remarks, *table.remarks]
    stats = StatsFile(
        where=where,
        source=source,
        hemi=hemi,
        header=header.fields,
        measure_lines=tuple(header.measures.values()),
        columns=tuple(name for _, name in columns),
        units=tuple(header.unit_of(i) for i, _ in columns),
        names=_named(table, header.columns or ()),
        numbers=table.numbers,
        remarks=(),
    )
    found += _check(stats, header, body)
    ordered = sorted(found, key=lambda remark: (not remark.loss, remark.line is None, remark.line or 0))
    return StatsFile(**{name: getattr(stats, name) for name in StatsFile.__slots__} | {"remarks": tuple(ordered)})


def _named(table: Table, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Name rows by their id where the table has no names, as mri_segstats does without a colour table."""
    if NAME_COLUMN in columns or "SegId" not in columns:
        return table.names
    return tuple(f"Seg{int(segid):04d}" for segid in table.numbers[:, columns.index("SegId")])


def _identity(where: str, header: Header) -> tuple[str | None, str | None]:
    """Tell source and hemisphere from the file's name, or else from what the program was told to write."""
    written = _WRITTEN_AS.search(header.fields.get("cmdline", ""))
    name = identify(where.replace("\\", "/").rsplit("/", 1)[-1]) or identify(written[1] if written else "")
    return name or (None, header.fields.get("hemi"))


def hemi_in_file(stats: StatsFile) -> str | None:
    """Tell the side that the header itself gives: ``# hemi lh`` or ``# Annot bert lh aparc``."""
    annotation = stats.header.get("Annot", "").split()
    return stats.header.get("hemi") or next((word for word in annotation[1:2] if word in {"lh", "rh"}), None)


def _check(stats: StatsFile, header: Header, body: list[tuple[int, str]]) -> list[Remark]:
    """Hold the file against what its own header and its atlas promise."""
    if header.columns is None:
        return _check_measures(stats, header, body)
    return [*_check_counts(stats, header), *_check_regions(stats)]


def _check_measures(stats: StatsFile, header: Header, body: list[tuple[int, str]]) -> list[Remark]:
    if {"Title", "Table", "generating_program"} & header.fields.keys():
        found = "none: the file ends in its header"
        return [Remark(None, wording(expected="a '# ColHeaders' line and a table", found=found))]
    if body:
        text = wording(expected="only '# Measure' lines", found=repr(body[0][1].strip()[:60]))
        return [Remark(body[0][0], text)]
    present = {line.field for line in stats.measure_lines}
    due = SOURCE[stats.source].measures if stats.source in SOURCE else ()
    missing = [name for name in due if name not in present]
    if not missing:
        return []
    return [
        Remark(None, wording(expected=f"{len(due)} Measures", found=f"{len(present)}; without {', '.join(missing)}"))
    ]


def _check_counts(stats: StatsFile, header: Header) -> list[Remark]:
    remarks = []
    declared = header.fields.get("NRows", "").split("\n")[0]
    n_rows = len(stats.names)
    if declared.isdecimal() and int(declared) != n_rows:
        last = f"; the last is {stats.names[-1]}" if stats.names else ""
        remarks.append(Remark(None, wording(expected=f"{declared} rows (NRows)", found=f"{n_rows}{last}")))
    elif not n_rows:
        remarks.append(Remark(None, wording(expected="a table", found="a header and no rows")))
    declared = header.fields.get("NTableCols", "").split("\n")[0]
    n_columns = len(header.columns or ())
    if declared.isdecimal() and int(declared) != n_columns:
        text = wording(expected=f"{declared} columns (NTableCols)", found=f"{n_columns} in ColHeaders, which are used")
        remarks.append(Remark(None, text, loss=n_rows == 0))
    return remarks


def _check_regions(stats: StatsFile) -> list[Remark]:
    """Name the regions that a whole file of this atlas has and this one lacks."""
    known = SOURCE.get(stats.source or "")
    if known is None or known.atlas is None or not known.complete:
        return []
    present = {canonical_region(name, atlas=known.atlas) for name in stats.names}
    due = [name for name in printed_regions(known.atlas) if name not in known.absent]
    missing = [name for name in due if name not in present]
    if not missing:
        return []
    cut = due[-len(missing) :] == missing
    why = "The file may be cut short there" if cut else "The labels may have no vertex"
    text = wording(
        expected=f"{len(due)} regions", found=f"{len(due) - len(missing)}; without {', '.join(missing)}", hint=why
    )
    return [Remark(None, text)]
