"""SAMSEG's volumes: Measures of three parts, their CSV, and the table that looks like aseg's.

Written by ``run_samseg``: https://github.com/freesurfer/freesurfer, ``python/packages/samseg``.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from fsstats.errors import StatsFormatError, wording
from fsstats.parsers._build import of_kind, total
from fsstats.parsers._header import MeasureLine, Remark, read_header, to_number
from fsstats.parsers._plausible import keep_plausible
from fsstats.parsers._rows import number_columns, read_rows
from fsstats.parsers._text import decode, numbered_lines
from fsstats.parsers.delimited import Row, read_cells
from fsstats.parsers.formats import Format
from fsstats.parsers.statsfile import StatsFile
from fsstats.schema import NAME_COLUMN, identify, printed_regions

_THREE_PARTS: Final = re.compile(r"#\s*Measure\s+([^,#]+),\s*([^,\s]+),\s*mm\^3\s*$")
_OTHER_TABLE: Final = re.compile(r"^#\s*(?:ColHeaders|Title|Table|generating_program)\b", re.MULTILINE)
_CSV: Final = "ROI,volume_mm3"
_RATIO: Final = "volume_ICV_x1000"
_TOTALS: Final = {"Intra-Cranial": "sbTIV", "Unknown": "Background"}
"""What is no structure of the brain, and the name of its Measure: all inside the skull, and all outside the head."""
_PRINTED: Final = 2e-6
"""How far a ratio of six decimals may be off."""


def parse_samseg(data: bytes, where: str) -> StatsFile:
    """Read ``samseg.stats`` or ``samseg.csv``: each structure is a row."""
    is_csv = data.removeprefix(b"\xef\xbb\xbf").startswith(_CSV.encode())
    values, remarks = (_read_csv if is_csv else _read_measures)(data, where)
    rows = {name: value for name, value in values.items() if name not in _TOTALS}
    measures = _totals(values, remarks)
    return of_kind(
        "samseg",
        where,
        names=tuple(rows),
        columns={"Volume_mm3": ""},
        numbers=[[value] for value in rows.values()],
        measures=measures,
        remarks=[*remarks, *_check_structures(tuple(rows))],
    )


def parse_sbtiv(data: bytes, where: str) -> StatsFile:
    """Read ``sbtiv.stats``: the intracranial volume and nothing else."""
    values, remarks = _read_measures(data, where)
    if "Intra-Cranial" not in values:
        remarks.append(Remark(None, wording(expected="the Measure Intra-Cranial", found="none")))
    return of_kind("sbtiv", where, measures=_totals(values, remarks), remarks=remarks)


def _totals(values: Mapping[str, float], remarks: list[Remark]) -> list[MeasureLine]:
    """Give what is no structure as Measures, the intracranial volume first."""
    return [total(field, values[name], remarks, key=name) for name, field in _TOTALS.items() if name in values]


def _read_measures(data: bytes, where: str) -> tuple[dict[str, float], list[Remark]]:
    text, remarks = decode(data, where)
    lines, unfinished = numbered_lines(text)
    remarks += unfinished
    found: list[Row] = []
    for number, line in lines:
        if parts := _THREE_PARTS.match(line.strip()):
            found.append((number, (parts[1].strip(), parts[2])))
        else:
            text = wording(expected="'# Measure name, volume, mm^3'", found=repr(line.strip()[:60]))
            remarks.append(Remark(number, text))
    return _once(found, remarks), remarks


def _read_csv(data: bytes, where: str) -> tuple[dict[str, float], list[Remark]]:
    """Read names and volumes; the third column must be what it is of the volume, and so says nothing new."""
    heading, rows, remarks = read_cells(data, where)
    whole: list[Row] = []
    for number, cells in rows:
        if len(cells) == len(heading):
            whole.append((number, cells))
        else:
            text = wording(expected=f"{len(heading)} cells", found=str(len(cells)), hint="The row is left out")
            remarks.append(Remark(number, text))
    values = _once([(number, cells[:2]) for number, cells in whole], remarks)
    if _RATIO in heading:
        _check_ratios(values, {cells[0]: (n, cells[heading.index(_RATIO)]) for n, cells in whole}, remarks)
    return values, remarks


def _once(rows: Sequence[Row], remarks: list[Remark]) -> dict[str, float]:
    """Turn names and printed volumes into numbers; a structure with two volumes has none."""
    values: dict[str, float] = {}
    refused = set()
    for number, (name, printed) in rows:
        try:
            value = to_number(printed)
        except ValueError:
            text = wording(expected=f"the volume of {name}", found=repr(printed), hint="The row is left out")
            remarks.append(Remark(number, text))
            continue
        if values.setdefault(name, value) != value:
            refused.add(name)
            text = wording(expected=f"one volume of {name}", found="two that differ", hint="Neither is used")
            remarks.append(Remark(number, text))
    return {name: value for name, value in values.items() if name not in refused}


def _check_ratios(values: dict[str, float], ratios: Mapping[str, tuple[int, str]], remarks: list[Remark]) -> None:
    """Leave out structures whose ratio is not 1000 x volume / Intra-Cranial, and say why the column is not used."""
    whole = values.get("Intra-Cranial", 0)
    for name in [name for name in values if whole > 0 and name in ratios]:
        line, printed = ratios[name]
        due = 1000 * values[name] / whole
        try:
            fits = abs(to_number(printed) - due) <= _PRINTED + 1e-9 * due
        except ValueError:
            fits = False
        if not fits:
            del values[name]
            text = wording(expected=f"{due:.6f} as {_RATIO} of {name}", found=printed, hint="The row is left out")
            remarks.append(Remark(line, text))
    text = f"the column {_RATIO} is not used: it is 1000 x volume / Intra-Cranial"
    remarks.append(Remark(1, text, loss=False))


def _check_structures(names: Sequence[str]) -> list[Remark]:
    """Name the structures of SAMSEG's own atlas that are not there; a run may use another atlas."""
    due = printed_regions("samseg")
    if set(names) - set(due) - {"Lesions"}:
        text = "not the structures of SAMSEG's own atlas, so that none is known to be lost"
        return [Remark(None, text, loss=False)]
    lost = [name for name in due if name not in names]
    if not lost:
        return []
    found = f"{len(due) - len(lost)}; without {', '.join(lost)}"
    return [Remark(None, wording(expected=f"{len(due)} structures", found=found))]


def parse_table(data: bytes, where: str) -> StatsFile:
    """Read ``samseg.fs.stats``: its eTIV is SAMSEG's own, and what it calls NVoxels are no counts."""
    text, remarks = decode(data, where)
    lines, unfinished = numbered_lines(text)
    header = read_header(line for line in lines if line[1].lstrip().startswith("#"))
    columns = header.columns or ()
    if not {NAME_COLUMN, "Volume_mm3"} <= set(columns) or len(set(columns)) < len(columns):
        found = repr(" ".join(columns)[:60]) if columns else "none"
        raise StatsFormatError.at(where, expected="'# ColHeaders' with Volume_mm3 and StructName, once", found=found)
    body = [line for line in lines if not line[1].lstrip().startswith("#")]
    table = keep_plausible(read_rows(body, columns), columns, "samseg.fs", "run_samseg")
    numeric = number_columns(columns)
    kept = [i for i, name in enumerate(numeric) if name != "NVoxels"]
    if "NVoxels" in numeric:
        found = "the column NVoxels is not used: it is the volume divided by the voxel's size and cut, no count"
        remarks.append(Remark(None, found, loss=False))
    values = {"Intra-Cranial" if line.field == "eTIV" else line.field: line.value for line in header.measures.values()}
    if "Intra-Cranial" not in values:
        remarks.append(Remark(None, wording(expected="the Measure eTIV", found="none")))
    return of_kind(
        "samseg.fs",
        where,
        names=table.names,
        columns={numeric[i]: "" for i in kept},
        numbers=table.numbers[:, kept],
        measures=_totals(values, remarks),
        header=header.fields,
        remarks=[*remarks, *unfinished, *header.remarks, *table.remarks, *_check_structures(table.names)],
    )


def _is_samseg(head: bytes, _where: str) -> bool:
    text = head.decode("utf-8", "replace").removeprefix("\ufeff")
    return text.startswith(_CSV) or bool(_measured(text))


def _is_sbtiv(head: bytes, _where: str) -> bool:
    return _measured(head.decode("utf-8", "replace").removeprefix("\ufeff")) == ["Intra-Cranial"]


def _measured(text: str) -> list[str]:
    """Name the Measures of three parts, where a text holds no others and no table."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if _OTHER_TABLE.search(text) or not all(line.startswith("#") for line in lines):
        return []
    return [parts[1].strip() for parts in map(_THREE_PARTS.match, lines) if parts]


def _is_table(head: bytes, where: str) -> bool:
    """Recognise a table without a program's name: by what it is called, or by a header of just two lines."""
    said = identify(where)
    named = said is not None and said.source == "samseg.fs" and b"generating_program" not in head
    return named and head.lstrip().startswith(b"#")


FORMATS: tuple[Format, ...] = (
    Format("sbtiv", _is_sbtiv, parse_sbtiv),
    Format("samseg", _is_samseg, parse_samseg),
    Format("samseg.fs", _is_table, parse_table),
)
