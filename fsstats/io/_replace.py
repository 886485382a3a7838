"""Write files so that each is there whole or not at all."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from fsstats._frames import composed
from fsstats.errors import TableError, wording
from fsstats.io._stores import is_remote, put


@contextmanager
def replacing(paths: Sequence[Path], *, within: Path | None = None, durable: bool = True) -> Iterator[list[Path]]:
    """Give temporary names beside `paths`, or in a folder; move all into place at the end, or remove them on failure.

    The last path is moved last, so where it is new, the others are too. Unless `durable`, they are not waited for
    until they are on the disk: what would be lost with the power can be made again. What goes to a server is made on
    this machine. What is a link or a device is written through, and a file that is replaced keeps its mode.
    """
    mark = secrets.token_hex(4)
    with ExitStack() as stack:
        through = [not is_remote(path) and is_passage(path) for path in paths]
        if any(map(is_remote, paths)) or any(through):
            within = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        partial = [(within or path.parent) / f".{path.name}.{mark}.partial" for path in paths]
        try:
            yield partial
            _require_apart(partial, paths)
            for path in partial if durable else ():
                _flush(path)
            for new, final, is_through in zip(partial, paths, through, strict=True):
                if is_through:
                    _pour(new, final)
                    continue
                if not is_remote(final) and final.is_file():
                    shutil.copymode(final, new)
                put(new, final)
        finally:
            for path in partial:
                path.unlink(missing_ok=True)


def write_text(text: str, path: Path, *, durable: bool = True) -> None:
    """Write a text with line feeds, whole or not at all."""
    with replacing([path], durable=durable) as (new,):
        new.write_text(text, encoding="utf-8", newline="\n")


def is_passage(path: Path) -> bool:
    """Say whether a path is a link or a device, which must stay what it is."""
    return path.is_symlink() or (path.exists() and not path.is_file() and not path.is_dir())


def _require_apart(new: Sequence[Path], paths: Sequence[Path]) -> None:
    """Raise if the disk took two names for one, as many do where only large and small letters differ: one is lost."""
    first: dict[str, int] = {}
    for at, path in enumerate(paths):
        other = first.setdefault(composed(str(path)).casefold(), at)
        if other != at and new[other].samefile(new[at]):
            expected, hint = "files of two names", "Write to a disk that tells large letters from small ones"
            found = f"that this disk takes {paths[other].name} for the same"
            raise TableError(f"{path}: {wording(expected=expected, found=found, hint=hint)}")


def _pour(new: Path, final: Path) -> None:
    with new.open("rb") as source, final.open("wb") as target:
        shutil.copyfileobj(source, target)


def _flush(path: Path) -> None:
    """Have the system write a file to disk before its name appears."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
