"""The tables of ``mri_segstats``, ``mris_anatomical_stats`` and FastSurfer's ``segstats.py``: ``#`` lines and rows."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np

from fsstats.errors import StatsFormatError, wording
from fsstats.parsers._header import Header, Remark, read_header
from fsstats.parsers._plausible import check_sums, keep_plausible
from fsstats.parsers._rows import Table, number_columns, read_rows
from fsstats.parsers._text import decode, header_and_body, numbered_lines
from fsstats.parsers.formats import Format
from fsstats.parsers.statsfile import StatsFile
from fsstats.schema import HEMIS, NAME_COLUMN, Identity, canonical_region, identify, printed_regions, source_of
from fsstats.schema._registry import forget_with_registry

_WRITTEN_AS = re.compile(r"(?:^|\s)(?:-f|--sum|-o|--segstatsfile)\s+(?:\S*/)?([^/\s]+\.stats)(?:\s|$)")
_GROUP_TABLE = re.compile(r"^(?:Measure:\w+|[lr]h\.[\w.-]+\.\w+)[\t,; ]")
_OURS = re.compile(
    r"^[^\S\n]*#[^\S\n]*"
    r"(?:ColHeaders|Measure|surface-based-volume|Title Segmentation|Table of FreeSurfer|generating_program)\b",
    re.MULTILINE,
)
_ONCE = ("generating_program", "cvs_version", "CreationTime", "subjectname", "hemi", "AnnotationFile", "NRows")
_NO_TABLE = Table((), np.empty((0, 0)), ())


def parse_table(data: str | bytes, where: str) -> StatsFile:
    """Read a file with ``# ColHeaders`` or ``# Measure`` lines; what is not whole in it is in the remarks."""
    text, remarks = decode(data, where)
    _refuse_strangers(text, where)
    lines, unfinished = numbered_lines(text)
    remarks += unfinished
    header, body = header_and_body(lines)
    return _assemble(where, read_header(header), body, remarks)


def is_table(text: str) -> bool:
    """Say whether a text has the header lines that FreeSurfer's and FastSurfer's tables have."""
    return _OURS.search(text) is not None


def _refuse_strangers(text: str, where: str) -> None:
    """Raise for content that is no table of this kind, and say what it is."""
    if _OURS.search(text):
        return
    refuse: Callable[..., StatsFormatError] = StatsFormatError.at
    if _GROUP_TABLE.match(text):
        name = text.split("\n", 1)[0].split(maxsplit=1)[0]
        hint = "read_group_table reads it"
        raise refuse(
            where, expected="one subject's stats", found=f"a group table ({name})", hint=hint, status="skipped"
        )
    first = next(line for line in text.split("\n") if line.strip())
    raise refuse(where, expected="a stats file with a '# ColHeaders' or '# Measure' line", found=f"{first[:60]!r}")


def _assemble(where: str, header: Header, body: list[tuple[int, str]], remarks: list[Remark]) -> StatsFile:
    _refuse_two_in_one(where, header)
    source, hemi = _identity(where, header)
    misfits = _check_columns(header)
    columns = () if any(remark.loss for remark in misfits) else header.columns or ()
    table = _NO_TABLE
    if columns:
        program = header.fields.get("generating_program")
        table = keep_plausible(read_rows(body, columns), columns, source, program)
    numeric = [(i, name) for i, name in enumerate(columns) if name != NAME_COLUMN]
    stats = StatsFile(
        where=where,
        source=source,
        hemi=hemi,
        header=header.fields,
        measure_lines=tuple(header.measures.values()),
        columns=tuple(name for _, name in numeric),
        units=tuple(header.unit_of(i) for i, _ in numeric),
        names=_named(table, columns),
        numbers=table.numbers,
        remarks=(),
    )
    found = [*remarks, *misfits, *header.remarks, *table.remarks, *_check(stats, header, body)]
    found += check_sums(header, table, columns, source) if columns else []
    ordered = sorted(found, key=lambda remark: (not remark.loss, remark.line is None, remark.line or 0))
    return replace(stats, remarks=tuple(ordered)) if found else stats


def _refuse_two_in_one(where: str, header: Header) -> None:
    """Raise if the header says two things of what a file has once: it was put together from several."""
    for key in _ONCE:
        values = header.fields.get(key, "").split("\n")
        if len(values) > 1:
            found = f"{values[0]!r} and {values[1]!r}"
            raise StatsFormatError.at(where, expected=f"one {key}", found=found, status="conflict")


def _check_columns(header: Header) -> list[Remark]:
    """Hold ``ColHeaders`` against itself and against the ``TableCol`` lines."""
    columns, declared = list(header.columns or ()), header.declared_columns()
    if len(set(columns)) < len(columns):
        repeated = [name for name, n in Counter(columns).items() if n > 1]
        return [Remark(None, wording(expected="columns with names of their own", found=f"{repeated[0]!r} twice"))]
    unnamed = number_columns(columns)  # without a colour table 5.x does not declare the name
    if columns and not (_agree(columns, declared) or _agree(unnamed, declared)):
        names = " ".join(name for _, name in sorted(declared.items()))
        text = wording(expected=f"the columns of the TableCol lines ({names})", found=repr(" ".join(columns)))
        return [Remark(None, f"{text}. The table is not used")]
    n = header.count("NTableCols")
    if columns and n is not None and n != len(columns):
        text = wording(expected=f"{n} columns (NTableCols)", found=f"{len(columns)} in ColHeaders, which are used")
        return [Remark(None, text, loss=False)]
    return []


def _agree(columns: list[str], declared: Mapping[int, str]) -> bool:
    return all(n <= len(columns) and columns[n - 1] == name for n, name in declared.items())


def _named(table: Table, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Name rows by their id where the table has no names, as mri_segstats does without a colour table."""
    if NAME_COLUMN in columns or "SegId" not in columns:
        return table.names
    segids = table.numbers[:, number_columns(columns).index("SegId")]
    return tuple(f"Seg{int(segid):04d}" for segid in segids)


def _identity(where: str, header: Header) -> tuple[str | None, str | None]:
    """Tell source and hemisphere from the file's name, or else from what the program was told to write."""
    name = identify(where) or _written_as(header.fields)
    return (name.source, name.hemi or _side(header.fields)) if name else (None, _side(header.fields))


def _side(fields: Mapping[str, str]) -> str | None:
    """Tell the side that the header itself gives: ``# hemi lh`` or ``# Annot bert lh aparc``."""
    words = [fields.get("hemi", ""), *fields.get("Annot", "").split()[1:2]]
    return next((word for word in words if word in HEMIS), None)


def _written_as(fields: Mapping[str, str]) -> Identity | None:
    written = _WRITTEN_AS.search(fields.get("cmdline", ""))
    return identify(written[1]) if written else None


def contradiction(stats: StatsFile) -> str | None:
    """Say where the header names another kind of file or another side than the file's name; None if nowhere.

    A source counts only if both names are of kinds that we know: users may call copies as they like.
    """
    written = _written_as(stats.header)
    source, hemi = (written.source, written.hemi) if written else (None, None)
    inside = _side(stats.header) or hemi
    if stats.hemi and inside and inside != stats.hemi:
        return wording(expected=f"hemisphere {stats.hemi} (its name)", found=f"{inside} (its header)")
    if source_of(source) and source_of(stats.source) and source != stats.source:
        return wording(expected=f"{stats.source} (its name)", found=f"{source} (its header's command line)")
    return None


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
    known = source_of(stats.source)
    due = known.measures if known else ()
    missing = [name for name in due if name not in present]
    if not missing:
        return []
    return [
        Remark(None, wording(expected=f"{len(due)} Measures", found=f"{len(present)}; without {', '.join(missing)}"))
    ]


def _check_counts(stats: StatsFile, header: Header) -> list[Remark]:
    n_rows, due = len(stats.names), header.count("NRows")
    remarks = []
    if due is not None and due != n_rows:
        last = f"; the last is {stats.names[-1]}" if stats.names else ""
        remarks.append(Remark(None, wording(expected=f"{due} rows (NRows)", found=f"{n_rows}{last}")))
    elif not n_rows:
        remarks.append(Remark(None, wording(expected="a table", found="a header and no rows")))
    if source_of(stats.source) and "generating_program" not in stats.header:
        text = wording(expected="the program's name in the header", found="none: the head of the file may be lost")
        remarks.append(Remark(None, text))
    return remarks


def _check_regions(stats: StatsFile) -> list[Remark]:
    """Name the regions that a whole file of this atlas has and this one lacks."""
    text = _missing_regions(stats.names, stats.source, stats.hemi, stats.version)
    return [Remark(None, text)] if text else []


@lru_cache(maxsize=256)  # most files of a kind have the same names
def _missing_regions(names: tuple[str, ...], source: str | None, hemi: str | None, version: str | None) -> str:
    known = source_of(source)
    if known is None or known.atlas is None or not known.complete:
        return ""
    present = {canonical_region(name, atlas=known.atlas) for name in names}
    due = [name for name in printed_regions(known.atlas, hemi) if not known.lacks(name, version)]
    missing = [name for name in due if name not in present]
    if not missing:
        return ""
    cut = due[-len(missing) :] == missing
    why = "The file may be cut short there" if cut else "The labels may have no vertex"
    found = f"{len(due) - len(missing)}; without {', '.join(missing)}"
    return wording(expected=f"{len(due)} regions", found=found, hint=why)


forget_with_registry(_missing_regions.cache_clear)


def _recognises(head: bytes, _where: str) -> bool:
    return is_table(head.decode("utf-8", "replace"))


FORMATS = (Format("stats", _recognises, parse_table),)
