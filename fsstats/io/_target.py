"""Where a merge writes: the table, its account, and the hidden folders beside them that make it go on and catch up.

For ``cohort.parquet`` there is ``.cohort.parquet.partial`` while a merge runs or after it was stopped: the batches
that were read. When it is done the folder becomes ``.cohort.parquet.ledgers``: what was read when, without the values,
which are in the table. Both may be removed at any time; then the next merge reads everything.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from fsstats._version import __version__
from fsstats.discovery.footprint import Footprint, unchanged
from fsstats.errors import FsstatsError, TableError
from fsstats.io._ledger import Stored, has_changed
from fsstats.io._locks import release, said, take
from fsstats.io._names import LEDGER, PART, is_part, part_name
from fsstats.io._parts import Earlier, stored_parts
from fsstats.io._replace import replacing
from fsstats.io._stores import (
    PathLike,
    copy,
    entries,
    exchange,
    is_folder,
    is_remote,
    is_there,
    make_folder,
    mark_of,
    path_to_write,
    remove,
    text_in,
    whole,
    with_suffix,
)
from fsstats.io.files import require_own_sidecar, require_places, require_suffix
from fsstats.parsers.formats import PARSERS_VERSION, added_formats
from fsstats.schema import SCHEMA_VERSION
from fsstats.schema._registry import checksum

_ABOUT: Final = "about.json"
_FOOTPRINT: Final = "footprint"
_OLD: Final = "old"
FOLDER: Final = ""
"""The suffix of a table that is a folder of parts."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a table goes: a file, or a folder of parts if it has no suffix."""

    table: Path

    @property
    def is_folder(self) -> bool:
        """Whether the table is a folder of parts."""
        return self.table.suffix == FOLDER

    @property
    def suffix(self) -> str:
        """The suffix of the files that make the table."""
        return self.table.suffix or ".parquet"

    @property
    def files(self) -> Path:
        """The files table."""
        return self.table.with_name(f"{self.table.stem}.files{self.suffix}")

    @property
    def outputs(self) -> list[Path]:
        """All that is written, the table last."""
        return [self.files.with_suffix(".json"), self.files, self.table.with_suffix(".json"), self.table]

    @property
    def partial(self) -> Path:
        """The batches of a merge that is not done."""
        return self._beside("partial")

    @property
    def kept(self) -> Path:
        """The ledgers of the table as it stands."""
        return self._beside("ledgers")

    @property
    def lock(self) -> Path:
        """Who is merging into it."""
        return self._beside("lock")

    def _beside(self, what: str) -> Path:
        """Name something hidden; workers elsewhere have another working directory."""
        return self.table.absolute().with_name(f".{self.table.name}.{what}")


def target_of(out: PathLike) -> Target:
    """Take what a user named for a table; a folder of parts ends with a slash, or is there already.

    Raises
    ------
    UnknownNameError
        If it is no folder and its suffix tells no format.
    OSError
        If there is no place for it.
    """
    path = path_to_write(out)
    if path.suffix or not (str(out).endswith(("/", os.sep)) or is_folder(path)):
        require_suffix(path)
    return Target(path)


def require_target(target: Target) -> None:
    """Raise unless the table can be written there, and nothing that is not ours would go."""
    require_places([target.files] if target.is_folder else [target.table, target.files])
    if not target.is_folder:
        return
    require_own_sidecar(target.table)
    own = is_there(target.table.with_suffix(".json"))
    strangers = [path.name for path in entries(target.table) if not (own and is_part(path.name))]
    if strangers or (is_there(target.table) and not is_folder(target.table)):
        found = f"with {', '.join(strangers[:3])} in it" if strangers else "that is a file"
        message = f"{target.table} is there, {found}; expected a new name, or a folder that fsstats wrote"
        raise TableError(message)


def key_of(measures: frozenset[str] | None) -> str:
    """Say what the values of a file depend on, but for the file: if it is another, nothing read before counts."""
    formats = [one.name for one in added_formats()]
    chosen = None if measures is None else sorted(measures)
    return json.dumps([__version__, SCHEMA_VERSION, PARSERS_VERSION, chosen, checksum(), formats])


@contextmanager
def locked(target: Target) -> Iterator[Callable[[], None]]:
    """Keep a second merge into the same table out; give a function that raises if one has come in all the same.

    Raises
    ------
    TableError
        If another merge into it is running.
    """
    own = _take(target.lock)
    try:
        make_folder(target.partial)
        yield partial(_require_own, target.lock, own)
    except FsstatsError as error:
        if not isinstance(error, OSError):  # another try would end the same, so there is nothing to go on with
            remove(target.partial)
        raise
    finally:
        release(target.lock, own)


def _take(lock: Path) -> str:
    return take(lock, partial(_is_taken, lock))


def _require_own(lock: Path, own: str) -> None:
    holder = text_in(lock)
    if holder != own:
        raise _is_taken(lock, holder or "its lock is gone")


def _is_taken(lock: Path, holder: str) -> TableError:
    return TableError(f"another merge into this table is running ({said(holder)}); if it is not, remove {lock}")


def start(target: Target, key: str, seen: Footprint | None) -> None:
    """Make the folder of batches ready; what a merge of another key has left in it goes.

    Parameters
    ----------
    target : Target
        The table.
    key : str
        What values depend on.
    seen : Footprint, optional
        What the list of files depends on; it is remembered.
    """
    old = target.partial / _OLD
    if target.is_folder and not is_remote(old) and old.exists() and not target.table.exists():
        old.rename(target.table)  # a merge was stopped while it changed the old for the new
    if _about(target.partial).get("table") == _marks(_pieces(target)):
        _keep(target)  # a merge was stopped when its table was in place
    make_folder(target.partial)
    stale = _about(target.partial).get("key") != key
    for path in entries(target.partial):
        if stale or path.name.endswith(".partial"):
            remove(path)
    _write_about(target.partial, {"key": key})
    footprint = target.partial / _FOOTPRINT
    remove(footprint)
    if seen is not None:
        _write(footprint, seen.dump())


def join_in(target: Target, key: str) -> None:
    """Make the folder of batches for one job of many; the others may be there already.

    Raises
    ------
    TableError
        If other jobs merge something else into the same table.
    """
    make_folder(target.partial)
    about = _about(target.partial)
    if about and about.get("key") != key:
        message = f"{target.partial} holds parts of another merge (other measures or version); remove it first"
        raise TableError(message)
    _write_about(target.partial, {"key": key})


def earlier_of(target: Target, key: str) -> Earlier:
    """Find what is known of the files: from a merge that was stopped, and from the one that made the table."""
    stopped = stored_parts(target.partial) if _about(target.partial).get("key") == key else []
    return Earlier([*stopped, *_stored_in_table(target, key)])


def _stored_in_table(target: Target, key: str) -> list[Stored]:
    """Give the ledgers of the table, if it is as we left it."""
    about = _about(target.kept)
    if about.get("key") != key or about.get("table") != _marks(_pieces(target)):
        return []
    found, first, table = [], 0, target.table.absolute()
    for number, n_groups in enumerate(about["groups"]):
        ledger = target.kept / part_name(number, LEDGER)
        data = table / part_name(number, PART) if target.is_folder else table
        found.append(Stored(ledger, data, None if target.is_folder else (first, n_groups)))
        first += n_groups
    return found


def _pieces(target: Target) -> list[Path]:
    """Give the files that the table is made of."""
    return with_suffix(target.table, PART) if target.is_folder else [target.table]


def _marks(paths: Sequence[Path]) -> list[object]:
    return [mark_of(path) for path in paths]


def place_folder(target: Target, new: Path) -> None:
    """Put a new folder of parts in the table's place.

    Where that takes two steps, a stop between them is mended by the next `start`. A bucket has no folders that could
    be exchanged: there the parts are replaced one by one.
    """
    if is_remote(new):
        _place_in_bucket(target.table, new)
        return
    if target.table.exists() and exchange(new, target.table):
        remove(new)
        return
    old = target.partial / _OLD
    remove(old)
    if target.table.exists():
        target.table.rename(old)
    new.rename(target.table)
    remove(old)


def _place_in_bucket(table: Path, new: Path) -> None:
    parts = {path.name: path for path in entries(new)}
    for name, path in parts.items():
        copy(path, table / name)
    for path in entries(table):
        if path.name not in parts:
            remove(path)
    remove(new)


def finish(target: Target, key: str, *, asked: object, groups: list[int], said: Mapping[str, Any]) -> None:
    """Keep the ledgers of the table that is now in its place; its values need not be kept twice.

    Parameters
    ----------
    target : Target
        The table.
    key : str
        What values depend on.
    asked : object
        What was asked for: if the same is asked for again, and nothing has changed, the table stands.
    groups : list of int
        Row groups of each batch.
    said : mapping
        What else to remember, of types that JSON has.
    """
    if target.suffix != ".parquet":
        remove(target.partial)
        return
    pieces = {"table": _marks(_pieces(target)), "outputs": _marks(target.outputs[:-1])}
    _write_about(target.partial, {"key": key, "asked": asked, "groups": groups, "said": dict(said), **pieces})
    needed = {_ABOUT, _FOOTPRINT, *(part_name(number, LEDGER) for number in range(len(groups)))}
    for path in entries(target.partial):
        if path.name not in needed:
            remove(path)
    _keep(target)


def forget(target: Target) -> None:
    """Remove what is remembered of a table and of the merge that made it."""
    remove(target.partial)
    remove(target.kept)


def _keep(target: Target) -> None:
    """Take the ledgers of a table that is in its place for those of the one before."""
    remove(target.kept)
    if not is_remote(target.kept):
        target.partial.rename(target.kept)
        return
    for path in sorted(entries(target.partial), key=lambda path: path.name == _ABOUT):  # it makes the others count
        copy(path, target.kept / path.name)
    remove(target.partial)


def standing(target: Target, asked: Any) -> Mapping[str, Any] | None:
    """Tell what was remembered of a table, if it is what a merge would make now; None if it must be made."""
    about = _about(target.kept)
    if asked is None or not about:
        return None
    same = about.get("key") == key_of(asked[-1] and frozenset(asked[-1])) and about.get("asked") == asked
    stands = about.get("table") == _marks(_pieces(target)) and about.get("outputs") == _marks(target.outputs[:-1])
    if not (same and stands) or is_there(target.partial) or is_there(target.lock):
        return None
    if not _is_unchanged(target.kept / _FOOTPRINT):
        return None
    ledgers = (target.kept / part_name(number, LEDGER) for number in range(len(about["groups"])))
    return None if any(has_changed(ledger) for ledger in ledgers) else about["said"]


def _is_unchanged(path: Path) -> bool:
    """Say whether the folders of the study are as they were; not if that was not noted."""
    try:
        return unchanged(Footprint.load(whole(path)))
    except (OSError, ValueError):
        return False


def _about(folder: Path) -> dict[str, Any]:
    found = _read(folder / _ABOUT)
    return found if isinstance(found, dict) else {}


def _read(path: Path) -> Any:
    try:
        return json.loads(text_in(path) or "")
    except (OSError, ValueError):
        return None


def _write_about(folder: Path, about: Mapping[str, Any]) -> None:
    _write(folder / _ABOUT, json.dumps(about).encode())


def _write(path: Path, content: bytes) -> None:
    with replacing([path], durable=False) as (new,):
        new.write_bytes(content)
