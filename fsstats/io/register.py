"""A lab's own kinds of file, atlases, measures and parsers."""

import os
from collections.abc import Iterable
from pathlib import Path

from fsstats.errors import KindsError
from fsstats.parsers import Format, add_format
from fsstats.parsers.formats import formats as known_formats
from fsstats.schema import Source, add_kinds, regions, sources, take_back_kinds


def register(kinds: str | os.PathLike[str], *, formats: Iterable[Format] = ()) -> None:
    r"""Add kinds of file, atlases and measures of one's own, for the rest of the session.

    Parameters
    ----------
    kinds : path or str
        A TOML file of ``[[source]]``, ``[[region]]`` and ``[[measure]]`` tables, or its text (with a line
        feed in it).
    formats : iterable of Format
        Parsers of one's own, which a ``[[source]]`` names as its ``format``.

    Raises
    ------
    KindsError
        If the description is not valid; nothing is added then.
    OSError
        If the file cannot be read.

    Notes
    -----
    A package does the same for everybody who installs it by an entry point of the group ``fsstats.kinds`` that
    names such a text. In a shell, ``--kinds FILE`` does it for one command.

    Examples
    --------
    >>> register('''
    ... [[source]]
    ... name = "lesions"
    ... description = "Lesion volumes of our own tool"
    ... files = ['lesions\\.txt']
    ... format = "volumes"
    ... atlas = "lesions"
    ...
    ... [[region]]
    ... atlas = "lesions"
    ... name = "Left-Lesion"
    ... ''')
    """
    text = os.fspath(kinds)
    where = "<text>"
    if "\n" not in text:
        where, text = text, _read(Path(text))
    for one in formats:
        add_format(one)
    before = sources()
    add_kinds(text, where)
    try:
        _require_known(where, [source for name, source in sources().items() if before.get(name) != source])
    except KindsError:
        take_back_kinds()
        raise


def _require_known(where: str, new: Iterable[Source]) -> None:
    """Raise for a format that nothing reads and an atlas that has no region."""
    readable = {one.name for one in known_formats()}
    atlases = {region.atlas for region in regions()}
    for source in new:
        place = f"{where}: [[source]] {source.name}"
        if source.format not in readable:
            raise KindsError.at(place, expected=f"a format among {', '.join(sorted(readable))}", found=source.format)
        if source.atlas is not None and source.atlas not in atlases:
            raise KindsError.at(place, expected="an atlas with regions ([[region]])", found=source.atlas)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeError as error:
        raise KindsError.at(str(path), expected="TOML in UTF-8", found=f"something else ({error})") from error
