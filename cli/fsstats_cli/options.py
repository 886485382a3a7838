"""Arguments and options that several commands share."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from fsstats.errors import TableError


def _existing(roots: list[str]) -> list[str]:
    if not all(roots):
        message = "one of them is empty; is $SUBJECTS_DIR set?"
        raise typer.BadParameter(message)
    found = [os.path.expanduser(root) for root in roots]  # noqa: PTH111 - it may be an address
    for root in found:
        if "://" not in root and not Path(root).exists():
            raise typer.BadParameter(_no_root(root))
    return found


def _no_root(root: str) -> str:
    if "~ " in root:
        return f"{root}: expected a folder of subjects or a merged table, found a formula, which is given with -f."
    return _not_there(root, "file or folder")


def _not_there(path: str | Path, what: str = "file") -> str:
    from fsstats.io._given import not_there

    return str(not_there(path, what))


def a_file(path: Path | None) -> Path | None:
    """Refuse what is no file on this machine, and say what may have been meant; ``~`` is the home folder."""
    if path is None:
        return None
    found = Path(os.path.expanduser(path))  # noqa: PTH111 - Path.expanduser raises where nobody is called so
    if found.is_dir():
        message = f"{found}: expected a file, found a folder."
        raise typer.BadParameter(message)
    if not found.exists():
        raise typer.BadParameter(_not_there(found))
    return found


Roots = Annotated[
    list[str],
    typer.Argument(
        metavar="ROOT",
        help="SUBJECTS_DIR, BIDS derivatives, FSL outputs, a folder of such folders, one subject, one file; "
        "an archive (.zip, .tar.gz) or an address (s3://, https://) of any of these.",
        callback=_existing,
        show_default=False,
    ),
]
SourceOption = Annotated[
    list[str] | None,
    typer.Option("--source", "-s", metavar="NAME", help="Only this kind of file (aseg, aparc ...). May be repeated."),
]
MeasureOption = Annotated[
    list[str] | None,
    typer.Option("--measure", "-m", metavar="NAME", help="Only this measure (volume, eTIV ...). May be repeated."),
]
SubjectsOption = Annotated[
    Path | None,
    typer.Option(
        "--subjects",
        metavar="FILE",
        help="Only the subjects in this text file, one a line.",
        callback=a_file,
    ),
]


def _register(path: Path | None) -> None:
    kinds = a_file(path)
    if kinds is not None:
        import fsstats as fs

        fs.register(kinds)


KindsOption = Annotated[
    Path | None,
    typer.Option(
        "--kinds",
        metavar="FILE",
        help="Kinds of file and atlases of your own, described in TOML.",
        callback=_register,
    ),
]
StrictOption = Annotated[
    bool,
    typer.Option("--strict", help="Exit with status 1 if there is any problem; without it only if nothing was read."),
]


class Stream(StrEnum):
    """A processing stream of FreeSurfer."""

    CROSS = "cross"
    LONG = "long"
    BASE = "base"


StreamOption = Annotated[
    Stream | None, typer.Option(help="Only runs of this stream: of a longitudinal study there are all three.")
]
ParticipantsOption = Annotated[
    Path | None,
    typer.Option(
        "--participants",
        "-p",
        metavar="FILE",
        help="What is known of the people: participant_id, perhaps session_id, and any other columns.",
        callback=a_file,
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write the table to FILE (.parquet, .csv or .tsv) instead of printing it.",
    ),
]


def part_of(text: str | None) -> str | None:
    """Refuse what is not ``3/10``."""
    if text is None:
        return None
    one, _, n_parts = text.partition("/")
    if not (one.isdecimal() and n_parts.isdecimal() and 1 <= int(one) <= int(n_parts)):
        message = f"expected which part and how many there are, as 3/10, found {text!r}."
        raise typer.BadParameter(message)
    return text


_SEPARATORS: Final = ("\t", ";", ",")


def read_subjects(path: Path | None) -> list[str] | None:
    """Read a subject list: one name a line, blank lines and lines that begin with # left out."""
    if path is None:
        return None
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except UnicodeError as error:
        message = f"{path}: expected a subject list in UTF-8, found something else ({error})"
        raise TableError(message) from error
    names = [line for line in lines if line and not line.startswith("#")]
    if len(names) > 1 and any(all(sign in name for name in names) for sign in _SEPARATORS):
        message = f"{path}: expected one subject a line, found a table. Make a text file of its column of subjects"
        raise TableError(message)
    if not names:
        message = f"{path}: expected one subject a line, found none"
        raise TableError(message)
    return names
