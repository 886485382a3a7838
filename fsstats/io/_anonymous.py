"""The files table without what tells which machine and user processed a study, where and when."""

import os
import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final

import pandas as pd

from fsstats._frames import printable
from fsstats.places import local, tidy_url

HIDDEN: Final = "…"
_QUOTED: Final = re.compile(r"""(?<!\w)(?:'(?:[^'\\]|\\.)*(?:'|$)|"(?:[^"\\]|\\.)*(?:"|$))""", re.DOTALL)
"""What stood in a file, as a problem quotes it; an apostrophe is no quotation mark."""
_SLASH: Final = r"[/\\]"
"""What stands between folders: on Windows the other one."""
_PLACE: Final = r"(?:/|\\\\|[A-Za-z]:\\|[A-Za-z][\w+.-]*:/)[^\s;,'\"]*"
_ELSEWHERE: Final = re.compile(rf"(?<![\w.…:/])(?!(?:zip|tar)://){_PLACE}|(?<=::){_PLACE}")
"""A place that is not within the study."""


def anonymous(files: pd.DataFrame, roots: Sequence[str]) -> pd.DataFrame:
    """Name files by their path within the study, and quote nothing of what stands in them.

    Parameters
    ----------
    files : DataFrame
        The files table.
    roots : sequence of str
        The folders, archives or files of the study. If there are several, their numbers, from 1, stand in front of
        the paths. If there are none, paths begin behind the folders that all files have in common.

    Returns
    -------
    DataFrame
        The same rows, with other words in the columns path, problem and subject_in_file.
    """
    tops = [*map(_top, roots)] or [_common(files["path"].dropna())]
    within = [partial(_within, top, f"{k}/" if len(tops) > 1 else "") for k, top in enumerate(tops, start=1) if top]
    steps: dict[str, list[Callable[[str], str]]] = {
        "path": [*within, _named_only],
        "problem": [_unquoted, *within, _without_places],
        "subject_in_file": [_named_only],
    }
    return files.assign(**{name: _changed(files[name], own) for name, own in steps.items()})


def _changed(column: pd.Series, steps: Iterable[Callable[[str], str]]) -> pd.Series:
    found = column
    for step in steps:
        found = found.map(step, na_action="ignore")
    return found.astype(column.dtype)


def _top(root: str) -> str:
    """Give a root as it stands in the paths of its files: of a folder in an archive, the archive."""
    own = root.rpartition("::")[2]
    here = local(own)
    place = tidy_url(own) if here is None else os.path.abspath(here)  # noqa: PTH100 - keeps '..'
    return printable(place).rstrip("/\\")


def _common(paths: Iterable[str]) -> str:
    """Give the folder that all files are in, those in archives by their archives."""
    folders = [re.split(_SLASH, path.rpartition("::")[2])[:-1] for path in paths]
    return "/".join(os.path.commonprefix(folders)) if folders else ""  # noqa: RUF071 - of lists it compares the names


def _within(top: str, front: str, text: str) -> str:
    """Take a root away wherever it stands in a text; a file or an archive that is a root keeps its name."""
    parts = re.split(_SLASH, top)
    alone = f"{front}{parts[-1]}" if "." in parts[-1] else f"{front}."
    own = rf"(?<![\w.…/\\]){_SLASH.join(map(re.escape, parts))}"
    found = re.sub(f"{own}{_SLASH}", lambda _: front, text)
    return re.sub(rf"{own}(?![\w.-])", lambda _: alone, found)


def _named_only(path: str) -> str:
    """Leave of a path to elsewhere the file's name."""
    name = path.replace("\\", "/").rpartition("/")[2]
    return f"{HIDDEN}/{name}" if _ELSEWHERE.match(path) else _without_places(path)


def _unquoted(text: str) -> str:
    return _QUOTED.sub(f"'{HIDDEN}'", text)


def _without_places(text: str) -> str:
    return _ELSEWHERE.sub(HIDDEN, text)
