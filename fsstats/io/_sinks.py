"""Tables written batch by batch, so that no more than a batch is ever in memory."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from fsstats.io._batch import Batch
from fsstats.io._names import PART, part_name
from fsstats.io._parquet import COMPRESSION
from fsstats.io._stores import copy, make_folder, remove
from fsstats.io._text import require_writable, write_delimited
from fsstats.tables.assemble import ARROW, Names, Room, Run, as_frame, columns_of

PARQUET: Final[Mapping[str, Any]] = {
    "compression": COMPRESSION,
    "use_dictionary": [field.name for field in ARROW if pa.types.is_dictionary(field.type)],
    "use_byte_stream_split": ["value"],
    "write_batch_size": 1 << 14,  # values that are encoded together; Arrow's own 1,024 cost a tenth more time
    "write_statistics": ["source"],  # a row group holds one source: readers pass over those that they do not want
}


class Sink(Protocol):
    """A table that is being written."""

    def write(self, batch: Batch, room: Room) -> int:
        """Add the values of a batch; say how many row groups they took."""

    def close(self, about: bytes) -> None:
        """Finish, with a description of the table (JSON)."""


class ParquetSink:
    """A Parquet file of the long table: a row group for each batch and source.

    Parameters
    ----------
    path : Path
        Where to.
    """

    def __init__(self, path: Path) -> None:
        self._writer = pq.ParquetWriter(os.fspath(path), ARROW, **PARQUET)

    def write(self, batch: Batch, room: Room) -> int:
        """Add the values of a batch; say how many row groups they took."""
        names, n_groups = Names(), 0
        for _, runs in batch.runs():
            table = columns_of(runs, names, room=room).to_arrow(names)
            if len(table):
                self._writer.write_table(table, row_group_size=len(table))
                n_groups += 1
        return n_groups

    def close(self, about: bytes, *, key: str = "fsstats") -> None:
        """Finish, with a description of the table (JSON), or what else there is to say under another key."""
        if about:
            self._writer.add_key_value_metadata({key: about.decode()})
        self._writer.close()


class TextSink:
    """A CSV or TSV file of the long table.

    Parameters
    ----------
    path : Path
        Where to.
    suffix : str
        ``.csv`` or ``.tsv``.
    """

    def __init__(self, path: Path, suffix: str) -> None:
        self._path, self._suffix = path, suffix
        self._write([], mode="w")

    def write(self, batch: Batch, room: Room) -> int:  # noqa: ARG002 - text takes its own
        """Add the values of a batch."""
        self._write([run for _, runs in batch.runs() for run in runs], mode="a")
        return 0

    def _write(self, runs: Sequence[Run], *, mode: Literal["w", "a"]) -> None:
        names = Names()
        table = as_frame([columns_of(runs, names)], names)
        require_writable(table, self._suffix)
        write_delimited(table, self._path, self._suffix, mode=mode)

    def close(self, about: bytes) -> None:
        """Finish: the sidecar holds the description."""


class FolderSink:
    """A folder of the parts that are there already.

    Parameters
    ----------
    path : Path
        The new folder.
    parts : Path
        The folder that the parts are in.
    n_parts : int
        How many there are.
    """

    def __init__(self, path: Path, parts: Path, n_parts: int) -> None:
        self._path, self._parts, self._n_parts = path, parts, n_parts
        remove(path)  # of a merge that was stopped while it filled it

    def write(self, batch: Batch, room: Room) -> int:  # noqa: ARG002 - its part is written where it is read
        """Do nothing."""
        return 0

    def close(self, about: bytes) -> None:  # noqa: ARG002 - the sidecar holds the description
        """Put the parts into the folder."""
        make_folder(self._path)
        for number in range(self._n_parts):
            name = part_name(number, PART)
            copy(self._parts / name, self._path / name)
