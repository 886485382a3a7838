"""Write files so that each is there whole or not at all."""

import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(paths: Sequence[Path], *, within: Path | None = None, durable: bool = True) -> Iterator[list[Path]]:
    """Give temporary names beside `paths`, or in a folder; move all into place at the end, or remove them on failure.

    The last path is moved last, so where it is new, the others are too. Unless `durable`, they are not waited for
    until they are on the disk: what would be lost with the power can be made again.
    """
    mark = secrets.token_hex(4)
    partial = [(within or path.parent) / f".{path.name}.{mark}.partial" for path in paths]
    try:
        yield partial
        for path in partial if durable else ():
            _flush(path)
        for new, final in zip(partial, paths, strict=True):
            os.replace(new, final)  # noqa: PTH105 - atomic on every system; Path.replace is the same call
    finally:
        for path in partial:
            path.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    """Have the system write a file to disk before its name appears."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def remove(path: Path) -> None:
    """Remove a file of ours, or a folder with all that is in it, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
