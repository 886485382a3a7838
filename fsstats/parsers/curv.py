"""The curvature report of ``mris_curvature_stats``: free text, appended to at every run.

Source of the format: https://github.com/freesurfer/freesurfer ``mris_curvature_stats/mris_curvature_stats.cpp``.

A report is blocks of lines, one block a map: the files ``?h.curv`` and ``?h.sulc`` (both tagged ``Raw``, so the
file's name tells them apart), then the principal curvatures and what is made of them, then four indices.
Everything is a Measure, ``<map>_<what>``: ``K_mean``, ``sulc_positive_integral`` …; vertex numbers are none.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan, nan, pi
from typing import Final

from fsstats.errors import StatsFormatError, wording
from fsstats.parsers._build import measure, of_kind
from fsstats.parsers._header import MeasureLine, Remark
from fsstats.parsers._text import Line, decode, numbered_lines
from fsstats.parsers.formats import Format
from fsstats.parsers.statsfile import StatsFile
from fsstats.schema import identify, source_of

_N: Final = r"([-+]?(?:\d{1,30}\.?\d*|\.\d+)(?:[eE][-+]?\d{1,2})?|[-+]?nan)"
_ACROSS: Final = rf"{_N} across {_N} \({_N}%\)"
_BLOCK: Final = re.compile(rf"(\S+) <mean> \+- <std> \(using '(?:([lr]h)\.)?(\S+)'\):\s*{_N} \+- {_N}(?: (mm\^-\d))?")
_LABELLED: Final = re.compile(r"(\S+) ([A-Z][^:]*):\s*(.*)")
_INDEX: Final = re.compile(rf"curv -- [^:]*\((FI|ICIp|ICIn|ICIt)\):\s*{_N}")
_TYPE: Final = re.compile(r"curv -- calculation type:\s*(\S+)")
_LAST: Final = re.compile(rf"Mean across (\d{{1,3}}) curvatures: {_N} \+- {_N}")
_HEADING: Final = re.compile(r"^\S+ <mean> \+- <std> \(using '", re.MULTILINE)

_PARTS: Final = ("natural", "rectified", "positive", "negative")
_INDICES: Final = ("FI", "ICIp", "ICIn", "ICIt")
_OF_A_MAP: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "Min": (rf"{_N} at vertex \d+", ("min",)),
    "Max": (rf"{_N} at vertex \d+", ("max",)),
    **{f"{part.title()} Surface Integral": (_N, (f"{part}_integral",)) for part in _PARTS},
    **{
        f"Mean {part.title()} Surface Integral": (
            f"{_ACROSS} vertices",
            (f"{part}_integral_mean", f"{part}_vertices", f"{part}_vertices_percent"),
        )
        for part in _PARTS
    },
    **{
        f"AreaNorm {part.title()} Surface Integral": (
            rf"{_ACROSS} mm\^2",
            (f"{part}_integral_areanorm", f"{part}_area", f"{part}_area_percent"),
        )
        for part in _PARTS
    },
}
"""The lines that every block has, with the numbers in them and what these are called."""
_SEPARATION: Final = (rf"{_N} \+- {_N} mm", ("vertex_separation_mean", "vertex_separation_std"))
_OF_THE_SURFACE: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "Mean Vertex Separation (Whole Surface)": _SEPARATION,
    "Total Surface Area": (rf"{_N} mm\^2", ("surface_area",)),
    "Total Number of Vertices": (_N, ("n_vertices",)),
    "Average Vertex Area (Whole Surface)": (rf"{_N} mm\^2", ("vertex_area_mean",)),
}
"""The lines that say the same in every block."""
_OF_A_LABEL: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "Mean Vertex Separation (ROI Surface)": _SEPARATION,
    "ROI Surface Area": (rf"{_N} mm\^2", ("roi_surface_area",)),
    "ROI Number of Vertices": (_N, ("roi_n_vertices",)),
    "ROI Surface Area Percentage": (f"{_N}%", ("roi_surface_area_percent",)),
    "ROI Surface Vertex Percentage": (f"{_N}%", ("roi_vertices_percent",)),
    "Average Vertex Area (ROI Surface)": (rf"{_N} mm\^2", ("roi_vertex_area_mean",)),
}
"""The lines that join if the program was given a label."""
_LINES: Final = {
    label: (re.compile(shape), names)
    for label, (shape, names) in {**_OF_A_MAP, **_OF_THE_SURFACE, **_OF_A_LABEL}.items()
}
_NO_NUMBER: Final = "Curvature Calculation Type"

_TRUE_UNIT: Final = {"curv": "mm^-1", "C": "mm^-1", "SI": "unitless"}
"""Units of maps where none or another is printed.

The program prints mm^-2 for whatever is not H, k1 or k2, but C is ``sqrt((k1^2 + k2^2) / 2)`` and SI an angle.
For sulc none is printed, and none can be known from the report: it is in cm up to FreeSurfer 5.3 and in mm later.
"""
_UNKNOWN: Final = "unknown"
_INTEGRAL_UNIT: Final = {"mm^-2": "unitless", "mm^-1": "mm", "unitless": "mm^2"}
"""Unit of a map to that of its integral over the surface."""
_SHARED_UNIT: Final = {"surface_area": "mm^2", "n_vertices": "unitless", "vertex_area_mean": "mm^2"}


@dataclass(slots=True)
class _Block:
    """The lines of one map."""

    tag: str
    file: str
    hemi: str | None
    line: int
    unit: str
    numbers: dict[str, float]
    faults: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What the map is called here: two maps are tagged ``Raw``."""
        return self.file if self.tag == "Raw" else self.tag


@dataclass(slots=True)
class _Report:
    """What one run of the program wrote."""

    line: int
    blocks: list[_Block] = field(default_factory=list)
    indices: dict[str, float] = field(default_factory=dict)
    n_maps: int | None = None
    """How many maps the last line counts; None if it is not there."""
    mean: float = 0.0
    calculation: str = ""
    remarks: list[Remark] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.remarks and not _missing(self)


def parse_curv(data: bytes, where: str) -> StatsFile:
    """Read the last report of a file; if it is cut short and an earlier one is not, that one, and say so.

    Parameters
    ----------
    data : bytes
        The content of ``?h.curv.stats``.
    where : str
        The file's path.

    Returns
    -------
    StatsFile
        No rows; Measures as ``<map>_<what>``, where the map is ``curv``, ``sulc``, ``K``, ``H``, ``k1``, ``k2``,
        ``S``, ``C``, ``BE``, ``FI``, ``SI``; what is of the surface, once; and the indices FI, ICIp, ICIn, ICIt.

    Raises
    ------
    StatsFormatError
        If it is no such report, or of both hemispheres.

    Notes
    -----
    A map's mean, standard deviation, extremes and area-normalised integrals have the map's unit; its integrals
    and their means across vertices have that times mm^2. The unit is the true one: mm^-1 for curvedness (C), for
    which the program prints mm^-2, and for ``curv``, for which it prints none. That of ``sulc`` is unknown.
    """
    text, remarks = decode(data, where)
    lines, unfinished = numbered_lines(text)
    reports = _read_reports(lines)
    if not reports:
        raise StatsFormatError.at(where, expected="a block '<mean> +- <std> (using …)'", found="none")
    report = _choose(reports, remarks)
    remarks += [*unfinished, *report.remarks, *_missing(report), *_check(report)]
    hemi = _side(report, where)
    said = identify(where)
    own_name = said.source if said and source_of(said.source) is None else ""
    header = {
        "generating_program": "mris_curvature_stats",
        "hemi": hemi or "",
        "calculation_type": report.calculation,
        "n_reports": str(len(reports)),
    }
    return of_kind(
        "curv",
        where,
        source=own_name,
        hemi=(said.hemi if said else None) or hemi,
        measures=[*_of_surface(report, remarks), *_of_maps(report), *_of_indices(report)],
        header={name: value for name, value in header.items() if value},
        remarks=remarks,
    )


def _read_reports(lines: Iterable[Line]) -> list[_Report]:
    reports: list[_Report] = []
    for number, line in lines:
        text = line.strip()
        heading = _BLOCK.fullmatch(text)
        if heading:
            block = _block(number, heading)
            if not reports or _is_next(reports[-1], block):
                reports.append(_Report(number))
            reports[-1].blocks.append(block)
        elif text and reports:
            _read_line(reports[-1], number, text)
        elif text:  # the head of the file is lost: that matters only if the first report is used
            reports.append(_Report(number, remarks=[_stranger(number, text)]))
    return reports if any(report.blocks for report in reports) else []


def _block(number: int, heading: re.Match[str]) -> _Block:
    tag, hemi, file, mean, std, unit = heading.groups()
    return _Block(tag, file, hemi, number, unit or "", {"mean": float(mean), "std": float(std)})


def _is_next(report: _Report, block: _Block) -> bool:
    """Say whether a block begins another report: the maps of files come first, and each once."""
    if block.tag != "Raw":
        return False
    return any(known.tag != "Raw" or known.file == block.file for known in report.blocks) or report.n_maps is not None


def _stranger(number: int, text: str) -> Remark:
    return Remark(number, wording(expected="a line of a curvature report", found=repr(text[:60])))


def _read_line(report: _Report, number: int, text: str) -> None:
    """Take up one line that is no block's first."""
    if index := _INDEX.fullmatch(text):
        # FreeSurfer 4.5 calls the natural index ICIn, as the negative one, which stands before it
        name = "ICIt" if "natural" in text else index[1]
        if report.indices.setdefault(name, float(index[2])) != float(index[2]):
            report.remarks.append(_stranger(number, text))
    elif last := _LAST.fullmatch(text):
        report.n_maps, report.mean = int(last[1]), float(last[2])
    elif kind := _TYPE.fullmatch(text):
        report.calculation = kind[1]
    elif not (report.blocks and _read_labelled(report.blocks[-1], text)):
        report.remarks.append(_stranger(number, text))


def _read_labelled(block: _Block, text: str) -> bool:
    """Read ``K Min: -2.5 at vertex 1``; False if it is no such line, or another map's."""
    parts = _LABELLED.fullmatch(text)
    if parts is None or parts[1] != block.tag:
        return False
    if parts[2] == _NO_NUMBER:
        return bool(parts[3])
    shape, names = _LINES.get(parts[2], (None, ()))
    found = shape.fullmatch(parts[3]) if shape else None
    if found is None:
        return False
    numbers = dict(zip(names, map(float, found.groups()), strict=True))
    if block.numbers.keys() & numbers.keys():
        block.faults.append(f"{names[0]} stands twice")
    block.numbers |= numbers
    return True


def _missing(report: _Report) -> list[Remark]:
    """Name what a whole report has and this one lacks."""
    remarks = []
    for block in report.blocks:
        every = {**_OF_A_MAP, **_OF_THE_SURFACE}
        due = [label for label, (_, names) in every.items() if not set(names) <= block.numbers.keys()]
        if due:
            text = wording(expected=f"20 lines of {block.name}", found=f"them without {', '.join(due)}")
            remarks.append(Remark(block.line, text))
    indices = [name for name in _INDICES if name not in report.indices]
    derived = any(block.tag != "Raw" for block in report.blocks)
    if indices and (derived or report.n_maps is None):
        remarks.append(Remark(None, wording(expected="four indices", found=f"none of {', '.join(indices)}")))
    if report.n_maps is None:
        found = f"a report that ends behind {report.blocks[-1].name}" if report.blocks else "none"
        remarks.append(Remark(None, wording(expected="a last line 'Mean across … curvatures'", found=found)))
    elif report.n_maps != len(report.blocks):
        found = f"{len(report.blocks)}: {', '.join(block.name for block in report.blocks) or 'none'}"
        remarks.append(Remark(report.line, wording(expected=f"{report.n_maps} maps (Mean across)", found=found)))
    return remarks


def _choose(reports: Sequence[_Report], remarks: list[Remark]) -> _Report:
    """Give the last report, or the last complete one if it is not, and say what was done."""
    n, last = len(reports), reports[-1]
    if n == 1:
        return last
    if last.is_complete:
        text = f"{n} reports, as each run adds one; the last is used"
        remarks.append(Remark(last.line, text, loss=False))
        return last
    earlier = [report for report in reports if report.is_complete]
    if not earlier:
        remarks.append(Remark(last.line, f"{n} reports, of which none is whole; the last is used", loss=False))
        return last
    found = f"the last of {n} cut short or damaged"
    hint = f"The one that begins in line {earlier[-1].line} is used, of an earlier run"
    remarks.append(Remark(last.line, wording(expected="a whole report", found=found, hint=hint)))
    return earlier[-1]


def _check(report: _Report) -> list[Remark]:
    """Hold the numbers against the laws they obey; what breaks one is left out of the report, and named."""
    remarks = []
    names = Counter(block.name for block in report.blocks)
    means = [block.numbers["mean"] for block in report.blocks]
    for block in report.blocks:
        faults = [*block.faults, *_faults(block.numbers)]
        if names[block.name] > 1:
            faults.append("it stands twice")
        if faults:
            text = f"the numbers of {block.name} contradict each other: {'; '.join(faults)}. They are left out"
            remarks.append(Remark(block.line, text))
            block.numbers.clear()
    if report.n_maps == len(means) and not _near(report.mean, sum(means) / len(means), 2e-5 + 1e-4 * abs(report.mean)):
        found = f"{sum(means) / len(means):.4e}, as their means are printed"
        remarks.append(Remark(None, wording(expected=f"maps with the mean {report.mean:.4e}", found=found)))
    return [*remarks, *_check_indices(report)]


def _near(a: float, b: float, tolerance: float) -> bool:
    """Say whether two numbers agree; one that is not a number contradicts nothing."""
    return isnan(a) or isnan(b) or abs(a - b) <= tolerance


def _faults(numbers: Mapping[str, float]) -> list[str]:
    """Name the laws that the numbers of a map break; those that were cut away break none."""
    value = {name: numbers.get(name, nan) for _, names in _OF_A_MAP.values() for name in names}
    value["mean"] = numbers.get("mean", nan)
    positive, negative = value["positive_integral"], value["negative_integral"]
    size = 2e-5 + 1e-6 * abs(value["rectified_integral"])  # five decimals of 32-bit sums
    laws = {
        "min <= mean <= max": not (value["mean"] < value["min"] - 1e-4 or value["mean"] > value["max"] + 1e-4),
        "rectified = positive + negative": _near(value["rectified_integral"], positive + negative, size),
        "natural = positive - negative": _near(value["natural_integral"], positive - negative, size),
        **{
            f"{what} of positive and negative add up": _near(
                value[f"positive_{what}"] + value[f"negative_{what}"], value[f"natural_{what}"], tolerance
            )
            for what, tolerance in {
                "vertices": 0.5,
                "vertices_percent": 0.021,
                "area": 1e-4 * value["natural_area"] if value["natural_area"] > 0 else 1.0,
                "area_percent": 0.021,
            }.items()
        },
        **{f"{part} integral = its mean x what it is across": _is_mean(value, part) for part in _PARTS},
    }
    return [law for law, holds in laws.items() if not holds]


def _is_mean(value: Mapping[str, float], part: str) -> bool:
    """Say whether a map's integral is what its two means say."""
    whole = value[f"{part}_integral"]
    for mean, count in (("mean", "vertices"), ("areanorm", "area")):
        across = value[f"{part}_{count}"]
        due = whole / across if across > 0 else nan
        if not _near(value[f"{part}_integral_{mean}"], due, 6e-6 + 1e-5 * abs(due)):
            return False
    return True


def _check_indices(report: _Report) -> list[Remark]:
    """Leave out the indices that are not the integrals of K and FI divided by 4 pi."""
    of_map = {block.name: block.numbers for block in report.blocks}
    due = {
        "FI": of_map.get("FI", {}).get("natural_integral"),
        "ICIp": of_map.get("K", {}).get("positive_integral"),
        "ICIn": of_map.get("K", {}).get("negative_integral"),
        "ICIt": of_map.get("K", {}).get("natural_integral"),
    }
    remarks = []
    for name, integral in due.items():
        printed = report.indices.get(name)
        if printed is None or integral is None or _near(printed, integral / 4 / pi, 2e-5 + 1e-6 * abs(printed)):
            continue
        del report.indices[name]
        text = wording(expected=f"{name} = {integral / 4 / pi:.5f}", found=f"{printed:.5f}", hint="It is left out")
        remarks.append(Remark(None, text))
    return remarks


def _side(report: _Report, where: str) -> str | None:
    sides = sorted({block.hemi for block in report.blocks if block.hemi})
    if len(sides) > 1:
        raise StatsFormatError.at(where, expected="one hemisphere", found=" and ".join(sides), status="conflict")
    return sides[0] if sides else None


def _of_surface(report: _Report, remarks: list[Remark]) -> list[MeasureLine]:
    """Give what every block says of the surface, once; what they do not agree on is left out, and named."""
    names = [name for _, names in {**_OF_THE_SURFACE, **_OF_A_LABEL}.values() for name in names]
    lines = []
    for name in dict.fromkeys(names):
        values = {f"{block.numbers[name]:.8g}": block.numbers[name] for block in report.blocks if name in block.numbers}
        if len(values) > 1:
            found = " and ".join(values)
            remarks.append(Remark(None, wording(expected=f"one {name}", found=found, hint="None is used")))
        elif values:
            unit = "percent" if name.endswith("percent") else _SHARED_UNIT.get(name.removeprefix("roi_"), "mm")
            lines.append(measure(name, next(iter(values.values())), unit))
    return lines


def _of_maps(report: _Report) -> list[MeasureLine]:
    own = ["mean", "std", *(name for _, names in _OF_A_MAP.values() for name in names)]
    shares = {f"{part}_{what}" for part in ("natural", "rectified") for what in ("vertices", "area")}  # all there is
    used = [name for name in own if name not in shares and not name.endswith("_percent")]
    return [
        measure(f"{block.name}_{name}", block.numbers[name], _unit(block, name))
        for block in report.blocks
        for name in used
        if name in block.numbers
    ]


def _unit(block: _Block, name: str) -> str:
    unit = _TRUE_UNIT.get(block.name) or block.unit or _UNKNOWN
    if name.endswith("_vertices"):
        return "unitless"
    if name.endswith("_area"):
        return "mm^2"
    return _INTEGRAL_UNIT.get(unit, _UNKNOWN) if name.endswith(("_integral", "_integral_mean")) else unit


def _of_indices(report: _Report) -> list[MeasureLine]:
    return [measure(name, report.indices[name], "unitless") for name in _INDICES if name in report.indices]


def _recognises(head: bytes, _where: str) -> bool:
    return _HEADING.search(head.decode("utf-8", "replace")) is not None


FORMATS: tuple[Format, ...] = (Format("curv", _recognises, parse_curv),)
