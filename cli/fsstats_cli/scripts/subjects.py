"""Whose stats files a script is to read."""

import os
from collections.abc import Callable
from typing import Any, Final

from fsstats_cli.scripts.flags import Stop

_LISTS: Final = ("subjectsfile", "qdec", "qdeclong", "fsgd")


def require_subjects(options: Any, *, needed: bool) -> None:
    """Stop unless the options name subjects, and in one way alone; between these the script looks at its shares."""
    with_inputs = hasattr(options, "inputs")
    given = sum(getattr(options, way, None) is not None for way in ("subjects", "inputs", *_LISTS))
    if needed and not given:
        ways = "--subjects, --inputs," if with_inputs else "--subjects,"
        raise Stop(
            f"ERROR: Specify one of {ways} --subjectsfile --qdec or --qdec-long", "       or run with --help for help."
        )
    if getattr(options, "stiv", False) and options.etiv:
        raise Stop("ERROR: Cannot pass --etiv and --stiv flags simultaneously")
    if given > 1:
        ways = "--subjects, --inputs" if with_inputs else "--subjects,"
        raise Stop(f"ERROR: Please specify just one of  {ways} --subjectsfile --qdec or --qdec-long.")


def named(options: Any) -> list[str] | None:
    """Give the subjects that the options name, straight or in a file; None if they name none."""
    from fsstats.io.subjectlists import subjects_in_fsgd, subjects_in_lines, subjects_in_qdec

    readers: dict[str, Callable[[str], list[str]]] = {
        "subjectsfile": subjects_in_lines,
        "qdec": subjects_in_qdec,
        "qdeclong": lambda path: subjects_in_qdec(path, longitudinal=True),
        "fsgd": subjects_in_fsgd,
    }
    way = next((way for way in _LISTS if getattr(options, way) is not None), None)
    if way is None:
        return None if options.subjects is None else list(options.subjects)
    path = getattr(options, way)
    try:
        return readers[way](path)
    except OSError:
        what = f"fsgd file {path} does not exist" if way == "fsgd" else f"the file {path} doesnt exist"
        raise Stop(f"ERROR: {what}") from None


def subjects_dir() -> str:
    """Give the folder of the subjects, and say which it is."""
    folder = os.environ.get("SUBJECTS_DIR")
    if folder is None:
        raise Stop("ERROR: SUBJECTS_DIR environment variable not defined!")
    print(f"SUBJECTS_DIR : {folder}")  # noqa: T201 - where the script prints it
    return folder
