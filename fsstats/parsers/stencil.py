"""Files that look alike, read together: a file that was read whole serves as the pattern of the others.

`parse_stats` reads the first file of a kind and knows all there is to know of its text. Its numbers are then
cut out of it, and what is left is a stencil: the header's text with a hole for each Measure, for the subject's
name and for what decides nothing (dates, host, user), and the table's text with its numbers' places (`_grid`).
A file that shows the same text around the holes has the same columns, names, units and version; so only its
numbers have to be read. They are held against the same laws as in `parse_stats`. Whatever differs in any other
way does not fit and is left to `parse_stats`: there is one grammar, and nothing of it is here.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

import numpy as np
import numpy.typing as npt

from fsstats._frames import FloatArray
from fsstats.parsers._grid import Grid, grid_of, read_grid
from fsstats.parsers._laws import Mask, broken_ranges, comparisons, mean_thickness
from fsstats.parsers._plausible import covers_cortex
from fsstats.parsers.long import Layout, layout_of, shape_of, values_of
from fsstats.parsers.statsfile import StatsFile
from fsstats.schema import COUNT_COLUMNS, INDEX_COLUMNS, global_measures, is_intensity

_MEASURE: Final = re.compile(rb"(# Measure .*, *)(-?\d+(?:\.\d+)?)(, *[^,\n]*)")
_VALUE: Final = rb"(-?\d+(?:\.\d+)?)"
_IDLE: Final = (
    b"CreationTime",
    b"sysname",
    b"hostname",
    b"machine",
    b"user",
    b"SUBJECTS_DIR",
    b"AnnotationFileTimeStamp",
    b"SegVolFileTimeStamp",
    b"ColorTableTimeStamp",
    b"InVolFileTimeStamp",
    b"PVVolFileTimeStamp",
    b"VertexArea_mm2",
)
"""Header fields of which nothing in the long table or the files table depends."""
_ANYTHING: Final = rb'[ !"$-~\t]*'
"""What such a field may hold: ASCII, but no ``#``, behind which a Measure might stand."""
_NAMES_SUBJECT: Final = (
    b"subjectname",
    b"cmdline",
    b"Annot",
    b"SegVolFile",
    b"InVolFile",
    b"PVVolFile",
    b"AnnotationFile",
)
"""Header fields in which the subject's name may stand, alone or in paths."""
_SUBJECT: Final = rb"(?P<subject>(?![^\s/]*(?:\.stats|w-g\.pct))[A-Za-z0-9][\w.+-]*)"
"""A plain name, and none that would look like an option or a file."""


@dataclass(frozen=True, slots=True, eq=False)
class Stencil:
    """A stats file that was read whole, with its numbers cut out. Made by `stencil_of`."""

    stats: StatsFile
    """The file; whatever is not a number, or its subject's name, is the same in every file that fits.

    So are the remarks on it: they are of the file as a whole, and nothing is lost.
    """
    layout: Layout
    head: re.Pattern[bytes]
    """The header up to its last hole."""
    holes: tuple[int, ...]
    """The groups of `head` that are Measures."""
    tail: bytes
    """The rest of the header."""
    grid: Grid | None
    """The table; None for a file of Measures alone."""
    checks_thickness: bool
    """Whether the regions cover the cortex, so that their mean thickness must be the hemisphere's."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """The files that fit a stencil, and what they hold."""

    which: npt.NDArray[np.intp]
    """Positions of the files, shape (n_fitting,)."""
    subjects: list[str | None]
    """The subject's name in each file's header."""
    values: FloatArray
    """Each file's values in the order of the layout, shape (n_fitting, n_values)."""


def stencil_of(data: bytes, stats: StatsFile) -> Stencil | None:
    """Make a stencil of a file.

    Parameters
    ----------
    data : bytes
        The file's content.
    stats : StatsFile
        What `parse_stats` made of it.

    Returns
    -------
    Stencil or None
        None if anything was wrong with the file, or its numbers do not stand in fixed places.
    """
    if any(remark.loss or remark.line is not None for remark in stats.remarks):  # what is left is of the text alone
        return None
    lines = [line + b"\n" for line in data.split(b"\n")[:-1]]
    header = [*takewhile(lambda line: line.startswith(b"#"), lines)]
    printed = _printed_columns(header)
    places = [i for i, name in enumerate(printed) if name in stats.columns and name not in INDEX_COLUMNS]
    grid = grid_of(b"".join(lines[len(header) :]), len(printed), places) if places else None
    patterns = _patterns(header, stats)
    n = max((i for i, line in enumerate(header, start=1) if patterns[i - 1] != re.escape(line)), default=0)
    head = re.compile(b"".join(patterns[:n]))
    holes = tuple(i for i in range(1, head.groups + 1) if i != head.groupindex.get("subject"))
    made = Stencil(stats, layout_of(shape_of(stats)), head, holes, b"".join(header[n:]), grid, _checks_thickness(stats))
    return made if _reads(made, data, stats) else None


def _checks_thickness(stats: StatsFile) -> bool:
    fields = {line.field for line in stats.measure_lines}
    known = "MeanThickness" in fields and {"NumVert", "ThickAvg"} <= set(stats.columns)
    return known and covers_cortex(stats.names, stats.source or "")


def _printed_columns(header: Sequence[bytes]) -> list[str]:
    return next((line.decode().split()[2:] for line in header if line.startswith(b"# ColHeaders ")), [])


def _reads(made: Stencil, data: bytes, stats: StatsFile) -> bool:
    """Say whether a stencil reads out of its own file what the parser read."""
    if len(made.holes) != len(stats.measure_lines) or (made.grid is None) != (not stats.columns):
        return False
    if made.grid is not None and made.grid.n_rows != len(stats.names):  # a header line among the rows
        return False
    fitted = fit(made, [data])
    return fitted.subjects == [stats.subject] and fitted.values[:1].tobytes() == values_of(stats).tobytes()


def _patterns(header: Sequence[bytes], stats: StatsFile) -> list[bytes]:
    """Turn the header's lines into regular expressions; what stands twice must be as it is, or it may contradict."""
    keys = [*map(_key, header)]
    counts = Counter(keys)
    subject = (stats.subject or "").encode()
    naming = any(line.rstrip() == b"# subjectname " + subject for line in header)
    naming = naming and counts[b"subjectname"] == 1 and re.fullmatch(_SUBJECT, subject) is not None
    patterns: list[bytes] = []
    for line, key in zip(header, keys, strict=True):
        measure = _MEASURE.fullmatch(line[:-1])
        if measure:
            patterns.append(re.escape(measure[1]) + _VALUE + re.escape(measure[3] + b"\n"))
        elif key in _IDLE and counts[key] == 1:
            patterns.append(re.escape(b"# " + key) + _ANYTHING + b"\n")
        elif naming and key in _NAMES_SUBJECT and counts[key] == 1:
            known = any(_SUBJECT in pattern for pattern in patterns)
            patterns.append(_with_holes(line, key, subject, known=known))
        else:
            patterns.append(re.escape(line))
    return patterns


def _key(line: bytes) -> bytes:
    """Give the first word of a header line, however the line begins."""
    return "".join(line.decode().lstrip("#").split(None, 1)[:1]).encode()


def _with_holes(line: bytes, key: bytes, subject: bytes, *, known: bool) -> bytes:
    """Put a hole wherever a subject's name stands behind the key as a word or a folder; one name must fill them all."""
    start = line.index(key) + len(key)
    parts = re.split(rb"(?<![^\s/])" + re.escape(subject) + rb"(?![^\s/])", line[start:])
    first, *others = map(re.escape, parts)
    holes = [b"(?P=subject)" if known or i else _SUBJECT for i in range(len(others))]
    behind = first + b"".join(hole + rb"(?![^\s/])" + other for hole, other in zip(holes, others, strict=True))
    return re.escape(line[:start]) + behind


def fit(stencil: Stencil, contents: Sequence[bytes]) -> Fitted:
    """Read the numbers of the files that fit a stencil.

    Parameters
    ----------
    stencil : Stencil
        The pattern.
    contents : sequence of bytes
        The files.

    Returns
    -------
    Fitted
        What `parse_stats`, `values_of` and `StatsFile.subject` would give for each file that fits. The remarks of
        `parse_stats` on each would be those on the stencil's own file.
    """
    which, subjects, printed, tables = _matching(stencil, contents)
    values = np.empty((len(which), len(stencil.layout)))
    measures, table = np.split(values, [stencil.layout.n_fields], axis=1)
    measures[:] = np.array([*map(float, printed)]).reshape(measures.shape)
    fits = np.isfinite(measures).all(axis=1)  # a number of very many digits is too large for a float
    columns: dict[str, FloatArray] = {}
    if stencil.grid is not None:
        numbers = table.reshape(
            -1, len(stencil.grid.fields), stencil.grid.n_rows
        )  # a view: only its last axis is parted
        fits &= read_grid(stencil.grid, tables, numbers)
        columns = dict(zip(_names(stencil), np.moveaxis(numbers, 1, 0), strict=True))
    fits &= _is_lawful(stencil, dict(zip(stencil.layout.fields, measures.T, strict=True)), columns)
    _without_voxels(columns)
    kept = np.flatnonzero(fits)
    found = np.array(which, dtype=np.intp)
    if len(kept) == len(found):
        return Fitted(found, subjects, values)
    return Fitted(found[kept], [subjects[i] for i in kept], values[kept])


def _matching(
    stencil: Stencil, contents: Sequence[bytes]
) -> tuple[list[int], list[str | None], list[bytes], list[bytes]]:
    """Give the positions of files whose headers match and whose tables have the right size, and their parts."""
    match, tail, holes = stencil.head.match, stencil.tail, stencil.holes
    n_table = len(stencil.grid.text) if stencil.grid else 0
    named = "subject" in stencil.head.groupindex
    which: list[int] = []
    subjects: list[str | None] = []
    printed: list[bytes] = []
    tables: list[bytes] = []
    for i, data in enumerate(contents):
        found = match(data)
        if found is None or not data.startswith(tail, found.end()):
            continue
        start = found.end() + len(tail)
        if len(data) - start == n_table:
            which.append(i)
            subjects.append(found["subject"].decode() if named else stencil.stats.subject)
            printed += found.group(0, *holes, 0)[
                1:-1
            ]  # with a 0 at each end it is a tuple, however few holes there are
            tables.append(data[start:])
    return which, subjects, printed, tables


def _names(stencil: Stencil) -> list[str]:
    return [name for name in stencil.stats.columns if name not in INDEX_COLUMNS]


def _is_lawful(stencil: Stencil, measures: Mapping[str, FloatArray], columns: Mapping[str, FloatArray]) -> Mask:
    """Say which files have numbers that `parse_stats` would not remark on."""
    n_files = len(next(iter((*measures.values(), *columns.values())), ()))
    ok = np.ones(n_files, dtype=np.bool_)
    for field, values in measures.items():
        known = global_measures().get(field)
        if known and known.zero_is_missing:
            ok &= values != 0
    broken = broken_ranges(columns) if "generating_program" in stencil.stats.header else None
    if broken is not None:
        ok &= ~broken.rows.any(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        compared = [*comparisons(measures)]
    if stencil.checks_thickness:
        compared.append(mean_thickness(measures["MeanThickness"], columns["NumVert"], columns["ThickAvg"]))
    for one in compared:
        ok &= ~one.broken
    return ok


def _without_voxels(columns: Mapping[str, FloatArray]) -> None:
    """Take the intensities of structures without voxels for missing, as `values_of` does."""
    count = next((columns[name] for name in COUNT_COLUMNS if name in columns), None)
    intensities = [values for name, values in columns.items() if is_intensity(name)]
    if count is not None and intensities and (count == 0).any():
        absent = (count == 0) & np.logical_and.reduce([(values == 0) | np.isnan(values) for values in intensities])
        for values in intensities:
            values[absent] = np.nan
