"""One kind of stats file for many runs: its template, its numbers, and what each number is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from fsstats.datasets._people import Run
from fsstats.datasets._typical import FloatArray, IntArray
from fsstats.schema import GLOBAL, HEMIS, global_measures, hemi_of, measure_of

FIRST_DAY: Final = pd.Timestamp("2024-01-08")
SUBJECTS_DIR: Final = "/data/subjects"
"""Where the made-up files say that they were made; no place of the machine that writes them."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of numbers of a table."""

    name: str
    """As in the ColHeaders line."""
    decimals: int
    values: FloatArray
    """Shape (runs, rows)."""


@dataclass(frozen=True, slots=True)
class Field:
    """One header Measure."""

    name: str
    line: str
    """Its line, with one number format."""
    form: str
    values: FloatArray


@dataclass(frozen=True, slots=True)
class Block:
    """One kind of file for some runs. The columns of `values` are in the order of the text."""

    source: str
    hemi: str | None
    runs: IntArray
    """Which runs; the rows of `values` and `printed`."""
    template: str
    values: FloatArray
    """The truth: what a reader must get."""
    printed: FloatArray
    """What stands in the file: the truth, but for structures without voxels, whose intensities are printed as 0."""
    labels: pd.DataFrame
    """What each column of `values` is: hemi, region, measure, unit."""
    ends: IntArray
    """How many values there are up to and with each line."""
    n_header_lines: int
    """Lines up to and with the ColHeaders; 0 for a file without a table."""
    texts: dict[str, list[str]]
    """Words that differ from run to run, by their place holder."""

    @property
    def filename(self) -> str:
        """Give the name of the file."""
        return f"{self.hemi}.{self.source}.stats" if self.hemi else f"{self.source}.stats"


def assemble(
    source: str,
    hemi: str | None,
    runs: IntArray,
    *,
    header: Sequence[str | Field],
    rows: Sequence[tuple[str, str]],
    columns: Sequence[Column],
    texts: dict[str, list[str]] | None = None,
) -> Block:
    """Put header, Measures and table together; `rows` are pairs of region and row template."""
    fields = [line for line in header if isinstance(line, Field)]
    lines = [line.line if isinstance(line, Field) else line for line in header] + [text for _, text in rows]
    values = np.hstack([*map(_as_printed, fields), *_cells(columns)])
    return Block(
        source=source,
        hemi=hemi,
        runs=runs,
        template="\n".join([*lines, ""]),
        values=values,
        # Only a contrast is printed as "-nan"; a volume table prints zeros instead.
        printed=values if source == "w-g.pct" else np.nan_to_num(values),
        labels=pd.concat([_field_labels(fields, hemi), _row_labels(source, hemi, rows, columns)], ignore_index=True),
        ends=np.cumsum([line.count("%") for line in lines]).astype(np.intp),
        n_header_lines=len(header) if columns else 0,
        texts=texts or {},
    )


def _as_printed(field: Field) -> FloatArray:
    """Round a Measure by printing it; shape (runs, 1)."""
    return np.array([[float(field.form % value)] for value in field.values.tolist()])


def _cells(columns: Sequence[Column]) -> list[FloatArray]:
    """Round a table as it is printed, and string its rows together; an empty list if there is no table."""
    # Adding 0 turns -0.0, which would be printed with its sign, into 0.0.
    rounded = [np.round(column.values, column.decimals) + 0.0 for column in columns]
    return [np.stack(rounded, axis=2).reshape(len(rounded[0]), -1)] if rounded else []


def _field_labels(fields: Sequence[Field], hemi: str | None) -> pd.DataFrame:
    known = global_measures()
    rows = [(hemi or known[entry.name].hemi, GLOBAL, entry.name, known[entry.name].unit) for entry in fields]
    return pd.DataFrame(rows, columns=["hemi", "region", "measure", "unit"], dtype="object")


def _row_labels(
    source: str,
    hemi: str | None,
    rows: Sequence[tuple[str, str]],
    columns: Sequence[Column],
) -> pd.DataFrame:
    measures = [measure_of(column.name, contrast=source == "w-g.pct") for column in columns]
    found = [
        (hemi or hemi_of(region), region, measure.name, measure.unit or "MR")
        for region, _ in rows
        for measure in measures
        if measure is not None
    ]
    return pd.DataFrame(found, columns=["hemi", "region", "measure", "unit"], dtype="object")


def side_of(table: dict[str, FloatArray], hemi: str, runs: IntArray) -> dict[str, FloatArray]:
    """Take one hemisphere and some runs of a surface table."""
    return {name: np.split(values, 2, axis=1)[HEMIS.index(hemi)][runs] for name, values in table.items()}


def write_block(root: Path, block: Block, runs: Sequence[Run]) -> None:
    """Write the files of a block: one template filled once a file."""
    for place, (number, numbers) in enumerate(zip(block.runs.tolist(), block.printed.tolist(), strict=True)):
        run = runs[number]
        own = {place_holder: words[place] for place_holder, words in block.texts.items()}
        template = fill(block.template, words_of(run) | own)
        content = (template % tuple(numbers)).replace(" nan", "-nan")
        (root / run.folder / "stats" / block.filename).write_bytes(content.encode())


def fill(text: str, words: dict[str, str]) -> str:
    """Put words in the place of their place holders."""
    for place_holder, word in words.items():
        text = text.replace(place_holder, word)
    return text


def words_of(run: Run) -> dict[str, str]:
    """Give the words of a run that headers and logs contain, by place holder."""
    parent = run.folder.rpartition("/")[0]
    day = day_of(run)
    return {
        "<name>": run.name,
        "<dir>": f"{SUBJECTS_DIR}/{parent}" if parent else SUBJECTS_DIR,
        "<date>": f"{day:%Y/%m/%d}",
        # strftime would write the names in the language of the process.
        "<day>": f"{day.day_name()[:3]} {day.month_name()[:3]} {day.day:2d}",
        "<year>": f"{day:%Y}",
    }


def day_of(run: Run) -> pd.Timestamp:
    """Give the day on which a run was made: one day a person, a year a session."""
    return FIRST_DAY + pd.Timedelta(days=run.person % 300 + int(365 * run.year))
