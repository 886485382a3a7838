"""A lab's own kinds of file, atlases, measures and parsers."""

import os
from collections.abc import Iterable
from pathlib import Path

from fsstats.errors import KindsError
from fsstats.parsers import Format, add_format
from fsstats.schema import add_kinds


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
    ... format = "named"
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
    add_kinds(text, where)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeError as error:
        raise KindsError.at(str(path), expected="TOML in UTF-8", found=f"something else ({error})") from error
