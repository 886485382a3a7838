"""What is remembered of the files of a batch, so that none is read again before it changes.

A ledger is a small Arrow file: for each file where it lies, when it was changed last, what reading made of it, and
the labels of its values. The values themselves lie elsewhere: in a part of a table, in the order of the ledger. A
part bears the seal of its ledger, as the two are moved into place one after the other, and a stop may come between.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from fsstats._frames import FloatArray, Positions
from fsstats.discovery import GROUP_TABLE
from fsstats.io._batch import FOUND, OUTCOME, PLACE, Batch, Sheet
from fsstats.io._marks import mark_at, marks_of
from fsstats.io._stores import content, parts_source, whole
from fsstats.parsers import Layout, chosen

_TEXTS: Final = ("path", *PLACE, *(f"found_{name}" for name in FOUND), *OUTCOME[:-1])
_NUMBERS: Final = {"n_values": pa.int64(), "changed": pa.int64(), "size": pa.int64(), "layout": pa.int32()}
_FIELDS: Final["list[pa.Field[Any]]"] = [
    *(pa.field(name, pa.string()) for name in _TEXTS),
    *(pa.field(name, kind) for name, kind in _NUMBERS.items()),
    pa.field("chosen", pa.list_(pa.int32())),
    pa.field("open_ended", pa.bool_()),
    pa.field("settled", pa.bool_()),
    pa.field("fingerprint", pa.uint64()),
    pa.field("digest", pa.binary()),
]
_SCHEMA: Final = pa.schema(_FIELDS)
_NO_LAYOUT: Final = -1
_NO_LEDGER: Final = (OSError, pa.ArrowException, LookupError, ValueError, TypeError)
"""What reading raises where a ledger is gone, is damaged, or is of another version."""
SEAL: Final = "seal"
"""The key of the seal in a part that is Parquet; plain numbers have it at their end."""
_SEAL_SIZE: Final = np.dtype(np.float64).itemsize


def save_ledger(batch: Batch, path: Path) -> bytes:
    """Write the ledger of a batch; give the seal for its values."""
    labels = {id(sheet.layout): sheet.layout for sheet in batch.sheets}
    numbers = {key: i for i, key in enumerate(labels)}
    sheets = [batch.sheets[i] if i >= 0 else None for i in batch.sheet]
    layouts = [numbers[id(sheet.layout)] if sheet else _NO_LAYOUT for sheet in sheets]
    own = [sheet.chosen if sheet and i in batch.settled else None for i, sheet in enumerate(sheets)]
    columns: dict[str, Any] = {name: batch.columns[name] for name in ("path", *PLACE, *OUTCOME)}
    columns |= {f"found_{name}": values for name, values in batch.found.items()}
    columns |= {
        "changed": [mark and mark[0] for mark in batch.marks],
        "size": [mark and mark[1] for mark in batch.marks],
        "layout": layouts,
        "chosen": own,
        "open_ended": batch.open_ended,
        "settled": [i in batch.settled for i in range(len(batch))],
        "fingerprint": batch.fingerprints(),
        "digest": [batch.digests.get(i) for i in range(len(batch))],
    }
    metadata = {b"layouts": b"[" + b",".join(map(_as_json, labels.values())) + b"]"}
    table = pa.table(columns, schema=_SCHEMA.with_metadata(metadata))
    with pa.OSFile(os.fspath(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return _seal(table)


def _seal(ledger: pa.Table) -> bytes:
    """Give a few bytes that other values, or other numbers of them, would as good as always change."""
    what = (ledger.column(name).to_numpy().tobytes() for name in ("n_values", "fingerprint"))
    return blake2b(b"".join(what), digest_size=_SEAL_SIZE).digest()


def _table(ledger: Path) -> pa.Table:
    """Read one; what is damaged may not be used, and Arrow looks only if it is asked to."""
    table = pa.ipc.open_file(content(ledger)).read_all()
    table.validate(full=True)
    return table


@lru_cache(maxsize=1024)
def _as_json(layout: Layout) -> bytes:
    return json.dumps({one.name: getattr(layout, one.name) for one in fields(Layout)}).encode()


@lru_cache(maxsize=1024)
def _as_layout(text: str) -> Layout:
    parts: dict[str, Any] = json.loads(text)
    parts |= {name: tuple(part) for name, part in parts.items() if isinstance(part, list)}
    return Layout(**parts)


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a ledger lies, and the values that belong to it."""

    ledger: Path
    data: Path
    """A ``.parquet`` file, or one of plain numbers."""
    groups: tuple[int, int] | None = None
    """The first of its row groups, and how many; all if None."""

    def load(self) -> "Kept | None":
        """Read them; None if they are not there, or do not belong to each other."""
        try:
            return _kept(self, _table(self.ledger), *self._values())
        except _NO_LEDGER:
            return None

    def paths(self) -> list[str]:
        """Give the files that the ledger knows; none if it cannot be read."""
        try:
            return [str(path) for path in _table(self.ledger).column("path").to_pylist()]
        except _NO_LEDGER:
            return []

    def _values(self) -> tuple[FloatArray, bytes | None]:
        """Give the values with their seal; those that lie in a whole table have none."""
        if self.data.suffix != ".parquet":
            numbers = np.frombuffer(whole(self.data))
            return numbers[:-1], numbers[-1:].tobytes()
        file = pq.ParquetFile(parts_source(self.data))
        first, n = self.groups or (0, file.num_row_groups)
        column = file.read_row_groups([*range(first, first + n)], columns=["value"]).column("value")
        values = column.to_numpy().astype(np.float64, copy=False)
        return values, None if self.groups else bytes.fromhex((file.metadata.metadata or {})[SEAL.encode()].decode())


@dataclass(frozen=True, slots=True)
class Kept:
    """A ledger as it was saved, and its values."""

    stored: Stored
    files: Mapping[str, list[Any]]
    """The columns of the ledger, an entry a file."""
    layouts: tuple[Layout, ...]
    starts: npt.NDArray[np.intp]
    """Where each file's values begin."""
    values: FloatArray


def _kept(stored: Stored, table: pa.Table, values: FloatArray, seal: bytes | None) -> Kept | None:
    if not table.schema.equals(_SCHEMA) or not table.schema.metadata:
        return None
    files: dict[str, list[Any]] = {name: table.column(name).to_pylist() for name in table.column_names}
    starts = np.concatenate([[0], np.cumsum(files["n_values"], dtype=np.intp)])
    if len(values) != starts[-1] or seal not in (None, _seal(table)):
        return None
    layouts = json.loads(table.schema.metadata[b"layouts"])
    return Kept(stored, files, tuple(_as_layout(json.dumps(one)) for one in layouts), starts, values)


def has_changed(ledger: Path) -> bool:
    """Say whether any file of a ledger is not as it was, or may not be."""
    try:
        table = _table(ledger).select(["path", "changed", "size"])
        paths, *marks = (column.to_pylist() for column in table.columns)
    except _NO_LEDGER:
        return True
    return marks_of([str(path) for path in paths]) != [*zip(*marks, strict=True)]


def recall(batch: Batch, kept: Iterable[Kept], measures: frozenset[str] | None) -> None:
    """Take over what was read before of the files of a batch that have not changed; `batch.done` says which."""
    known: dict[str, tuple[Kept, int]] = {}
    for one in kept:
        known |= {path: (one, i) for i, path in enumerate(one.files["path"])}
    groups: dict[int, tuple[Kept, list[int], list[int]]] = {}
    for i, path in enumerate(batch.columns["path"]):
        found = known.get(path)
        if found is not None and _is_same(batch, i, *found):
            _, here, there = groups.setdefault(id(found[0]), (found[0], [], []))
            here.append(i)
            there.append(found[1])
    for one, here, there in groups.values():
        take_over(batch, one, here, there, measures)
        if here == there == [*range(len(one.files["path"]))] and len(here) == len(batch):
            batch.same_as = None if one.stored.groups else (one.stored.ledger, one.stored.data)


def _is_same(batch: Batch, i: int, kept: Kept, k: int) -> bool:
    """Say whether a file is whose it was, and as it was; what the study's rules made of it must be found anew."""
    if kept.files["changed"][k] is None or kept.files["settled"][k] or kept.files["source"][k] == GROUP_TABLE:
        return False
    same = all(batch.columns[name][i] == kept.files[name][k] for name in PLACE)
    same = same and all(batch.found[name][i] == kept.files[f"found_{name}"][k] for name in FOUND)
    return same and mark_at(batch.columns["path"][i]) == (kept.files["changed"][k], kept.files["size"][k])


def take_over(
    batch: Batch, kept: Kept, here: Sequence[int], there: Sequence[int], measures: frozenset[str] | None
) -> None:
    """Take over files, of which the positions in the batch and in the ledger are given."""
    for i, k in zip(here, there, strict=True):
        for name in OUTCOME:
            batch.columns[name][i] = kept.files[name][k]
        if kept.files["changed"][k] is not None:
            batch.marks[i] = kept.files["changed"][k], kept.files["size"][k]
        if kept.files["digest"][k] is not None:
            batch.digests[i] = kept.files["digest"][k]
        batch.open_ended[i] = kept.files["open_ended"][k]
        batch.remembered[i] = kept.files["fingerprint"][k]
    batch.done.update(here)
    groups: dict[tuple[int, tuple[int, ...] | None], list[int]] = {}
    for n, k in enumerate(there):
        own = kept.files["chosen"][k]
        groups.setdefault((kept.files["layout"][k], None if own is None else tuple(own)), []).append(n)
    for (number, own), which in groups.items():
        if number != _NO_LAYOUT:
            layout = kept.layouts[number]
            used = None if measures is None else chosen(layout, measures)
            used = used if own is None else np.array(own, dtype=np.intp)
            values = _values(kept, [there[n] for n in which], layout, used)
            batch.add_sheet([here[n] for n in which], Sheet(layout, values, used))


def _values(kept: Kept, files: list[int], layout: Layout, used: Positions | None) -> FloatArray:
    """Give the values of files that share a layout; those that are not used were not kept."""
    places = np.arange(len(layout)) if used is None else used
    values = np.full((len(files), len(layout)), np.nan)
    values[:, places] = kept.values[kept.starts[files][:, np.newaxis] + np.arange(len(places))]
    return values
