"""One stats file as a value: header, Measures, rows, and what was wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray
from fsstats.parsers._header import MeasureLine, Remark
from fsstats.schema import NAME_COLUMN, tool_and_version

if TYPE_CHECKING:
    from collections.abc import Hashable


@dataclass(frozen=True, slots=True)
class StatsFile:
    """What stands in one stats file. Made by `parse_stats` and `read_stats`, never changed.

    Attributes
    ----------
    where : str
        The file's path, or ``<text>``.
    source, hemi : str or None
        Kind of file and side, from the file's name or else from its command line.
    header : mapping of str to str
        Every header field; a repeated field has its values on lines of their own.
    measure_lines : tuple of MeasureLine
        The ``# Measure`` lines, in the order of the file.
    columns : tuple of str
        Names of the number columns, in the order of the file.
    units : tuple of str
        Printed units of these columns; '' where there is none.
    names : tuple of str
        Names of the structures as they stand in the file.
    numbers : ndarray, shape (n_rows, n_columns)
        The numbers as printed.
    remarks : tuple of Remark
        What is not as it should be.
    """

    where: str
    source: str | None
    hemi: str | None
    header: Mapping[str, str]
    measure_lines: tuple[MeasureLine, ...]
    columns: tuple[str, ...]
    units: tuple[str, ...]
    names: tuple[str, ...]
    numbers: FloatArray
    remarks: tuple[Remark, ...]

    @property
    def rows(self) -> pd.DataFrame:
        """The table as printed: StructName and one column a number, whole numbers as integers."""
        data: dict[Hashable, object] = {NAME_COLUMN: pd.array(list(self.names), dtype="str")}
        data |= {name: _narrow(self.numbers[:, i]) for i, name in enumerate(self.columns)}
        return pd.DataFrame(data)

    @property
    def measures(self) -> pd.DataFrame:
        """The ``# Measure`` lines as printed: key, field, description, value, unit."""
        lines = [(m.key, m.field, m.description, m.value, m.unit) for m in self.measure_lines]
        return pd.DataFrame(lines, columns=["key", "field", "description", "value", "unit"])

    @property
    def tool(self) -> str | None:
        """The program family that wrote the file, if its header says so."""
        return tool_and_version(self.header)[0]

    @property
    def version(self) -> str | None:
        """The release of that tool, if the header says so."""
        return tool_and_version(self.header)[1]

    @property
    def subject(self) -> str | None:
        """The subject's name in the header, which need not be the folder's."""
        return self.header.get("subjectname") or None

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return not any(remark.loss for remark in self.remarks)

    def column(self, name: str) -> FloatArray | None:
        """Give one number column, shape (n_rows,); None if the file has none of that name."""
        return self.numbers[:, self.columns.index(name)] if name in self.columns else None


def _narrow(numbers: FloatArray) -> "FloatArray | np.ndarray[tuple[int], np.dtype[np.int64]]":
    whole = bool(np.isfinite(numbers).all()) and bool((numbers == np.trunc(numbers)).all())
    return numbers.astype(np.int64) if whole else numbers
