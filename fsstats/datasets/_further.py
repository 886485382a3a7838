"""What a cohort can have beside its stats files: one kind of file for many runs, and what each of its numbers is."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from fsstats.datasets._blocks import fill, words_of
from fsstats.datasets._brains import Study, deviations
from fsstats.datasets._people import Run
from fsstats.datasets._rows import rows_of
from fsstats.datasets._simulate import Brains
from fsstats.datasets._typical import FloatArray, IntArray
from fsstats.schema import GLOBAL, global_measures, hemi_of

Label = tuple[str, str, str]
"""Region, measure, unit."""
VOLUME: Final = ("volume", "mm^3")


@dataclass(frozen=True, slots=True)
class Further:
    """One kind of file for some runs."""

    source: str
    path: str
    """Relative to the subject's folder."""
    runs: IntArray
    """Which runs; the rows of `values`."""
    values: FloatArray
    """The truth: what a reader must get."""
    labels: pd.DataFrame
    """What each column of `values` is: hemi, region, measure, unit."""
    content: Callable[[int, Run], bytes]
    """Make the file of a run, which is given by its row in `values` as well."""


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a text, for every run."""

    values: FloatArray
    decimals: int | None = None
    """As printed; None if the values are rounded already."""
    label: Label | None = None
    """What it is; None if a reader makes nothing of it."""

    @property
    def printed(self) -> FloatArray:
        """Give what stands in the file."""
        # Adding 0 turns -0.0, which would be printed with its sign, into 0.0.
        return self.values if self.decimals is None else np.round(self.values, self.decimals) + 0.0


Line = tuple[str, tuple[Number, ...]]
"""A line with a number format for each of its numbers."""


def plain(*texts: str) -> Iterator[Line]:
    """Give lines without numbers."""
    return ((text, ()) for text in texts)


def text_file(
    source: str,
    path: str,
    runs: IntArray,
    lines: Iterable[Line],
    *,
    hemi: str | None = None,
    words: Callable[[Run], dict[str, str]] = words_of,
    encode: Callable[[str], bytes] = str.encode,
) -> Further:
    """Make a text of lines and their numbers, which are given for all runs of the cohort.

    `words` are put in the place of their place holders, one after the other.
    """
    pairs = list(lines)
    template = "".join(f"{text}\n" for text, _ in pairs)
    numbers = [number for _, numbers in pairs for number in numbers]
    printed = _columns([number.printed for number in numbers], runs)
    told = [place for place, number in enumerate(numbers) if number.label is not None]

    def content(place: int, run: Run) -> bytes:
        return encode(fill(template % tuple(printed[place].tolist()), words(run)))

    labels = label_table([number.label for number in numbers if number.label is not None], hemi)
    return Further(source, path, runs, printed[:, told], labels, content)


def _columns(arrays: Sequence[FloatArray], runs: IntArray) -> FloatArray:
    return np.stack(arrays, axis=1)[runs] if arrays else np.empty((len(runs), 0))


def label_table(labels: Sequence[Label], hemi: str | None = None) -> pd.DataFrame:
    """Add the side to what numbers are: the file's, else that of the name."""
    known = global_measures()

    def side(region: str, measure: str) -> str | None:
        if region != GLOBAL:
            return hemi or hemi_of(region)
        return (known[measure].hemi if measure in known else hemi_of(measure)) or hemi

    rows = [(side(region, measure), region, measure, unit) for region, measure, unit in labels]
    return pd.DataFrame(rows, columns=["hemi", "region", "measure", "unit"], dtype="object")


def write_further(root: Path, further: Further, runs: Sequence[Run]) -> None:
    """Write the files of one kind."""
    for place, number in enumerate(further.runs.tolist()):
        path = root / runs[number].folder / further.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(further.content(place, runs[number]))


def runs_in(runs: Sequence[Run], *streams: str) -> IntArray:
    """Give the runs of some streams."""
    return np.array([number for number, run in enumerate(runs) if run.stream in streams], dtype=np.intp)


def aseg_volumes(brains: Brains) -> Mapping[str, FloatArray]:
    """Give the volumes of aseg's structures by name, one element a run."""
    return {row.region: values for row, values in zip(rows_of("aseg"), brains.tables["aseg"]["volume"].T, strict=True)}


def measured_again(rng: np.random.Generator, study: Study, volumes: Sequence[FloatArray], spread: float) -> FloatArray:
    """Measure volumes with another program: it differs by person (relatively, by `spread`), and by scan a little.

    Shape (runs, structures). Left and right need not be alike in this.
    """
    pairs = np.arange(len(volumes), dtype=np.intp)
    return np.asarray(
        np.stack(volumes, axis=1) * np.exp(deviations(rng, study, pairs, spread, 0.008)), dtype=np.float64
    )
