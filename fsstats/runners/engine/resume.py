"""Subjects of recon-all that are there already: left alone while they run, gone on with where they are unfinished."""

import re
import shutil
import socket
from dataclasses import replace
from pathlib import Path
from typing import Final

from fsstats.discovery.folders import look, spot_of
from fsstats.discovery.footprint import Notes
from fsstats.discovery.state import FAILED, RUNNING, state_of
from fsstats.errors import RunError
from fsstats.io._locks import is_running
from fsstats.runners.command import Command
from fsstats.runners.engine.state import Mark, same_line
from fsstats.runners.programs.recon import continued, subject_folder

_SIGN: Final = re.compile(r"^(HOST|PROCESSID|DATE)\s+(.*?)\s*$", re.MULTILINE)
_IMAGE: Final = Path("mri", "orig", "001.mgz")
"""The first thing that recon-all makes of an image."""
_NOTES: Final = ("scripts", "touch", "tmp", "trash")
_GOES_ON: Final = "the folder of the subject is there: recon-all goes on with it, and takes no new images"


class BusyError(RunError):
    """A program is at work on a subject."""


def is_unfinished(command: Command) -> bool:
    """Say whether recon-all itself says of a subject that it is not done.

    Parameters
    ----------
    command : Command
        Any command; of another tool's nothing is said.

    Returns
    -------
    bool
        Whether the last run on it failed, goes on, or was killed.
    """
    folder = subject_folder(command)
    if folder is None or not (folder / "scripts").is_dir():
        return False
    return state_of(look(spot_of(folder / "scripts"), Notes())).state in {FAILED, RUNNING}


def prepared(
    command: Command, mark: Mark | None, *, overwrite: bool = False, take_over: bool = False, is_final: bool = False
) -> Command:
    """Give the command that recon-all accepts for a subject as it is now; other tools' commands stay the same.

    Parameters
    ----------
    command : Command
        What was asked for.
    mark : Mark or None
        What became of it before.
    overwrite : bool
        Whether what is there is to be replaced.
    take_over : bool
        Whether a subject that another machine says to process is taken for one that it does not.
    is_final : bool
        Whether it is run now; otherwise nothing is changed on the disk.

    Returns
    -------
    Command
        Without ``-i`` where there is a subject, and with ``-no-isrunning`` where the run that its files tell of is
        over.

    Raises
    ------
    BusyError
        If the subject is being processed.
    RunError
        If there is a subject that recon-all would refuse.
    """
    folder = subject_folder(command)
    if folder is None or not folder.exists():
        return command
    is_ours = mark is not None and mark.is_begun and same_line(mark, command.argv)
    signs = _signs(folder)
    for sign in signs:
        _require_over(sign, is_ours=is_ours, take_over=take_over)
    if "-i" in command.arguments:
        if overwrite and not is_ours:
            raise _refused(folder, "that it is there already, and recon-all takes no new images into it")
        if not (folder / _IMAGE).exists():
            if not (is_ours and _is_bare(folder)):
                raise _refused(folder, "that it is there already, without an image")
            if is_final:  # we made it, and were stopped before there was anything in it
                shutil.rmtree(folder)
            return command
    going_on = continued(command, ignore_running=bool(signs))
    return replace(going_on, remarks=(*going_on.remarks, _GOES_ON))


def _is_bare(folder: Path) -> bool:
    """Say whether there is nothing in a subject's folder but what recon-all notes of itself."""
    files = (path.relative_to(folder) for path in folder.rglob("*") if not path.is_dir())
    return all(path.parts[0] in _NOTES for path in files)


def _refused(folder: Path, found: str) -> RunError:
    hint = "To make it anew, remove or rename this folder; to leave it as it is, leave the subject out"
    return RunError.at("recon-all", expected=f"no folder {folder} yet", found=found, hint=hint)


def _signs(folder: Path) -> list[Path]:
    """Find the files by which recon-all says that it runs."""
    scripts = folder / "scripts"
    return sorted(scripts.glob("IsRunning*")) if scripts.is_dir() else []


def _require_over(sign: Path, *, is_ours: bool, take_over: bool) -> None:
    """Raise if the run that a file tells of may go on: here its process tells, elsewhere only we or the user know."""
    said = dict(_SIGN.findall(sign.read_text(encoding="utf-8", errors="replace")))
    host, pid = said.get("HOST", ""), said.get("PROCESSID", "")
    if host == socket.gethostname() or not host:
        is_over = bool(pid) and not is_running(f"{socket.gethostname()} {pid} ")
        is_over = is_over or (not pid and (is_ours or take_over))
    else:
        is_over = is_ours or take_over
    if not is_over:
        since = f" since {said['DATE']}" if "DATE" in said else ""
        where = f" on {host} (process {pid})" if host else ""
        message = f"recon-all says that it runs{where}{since}; if it does not, remove {sign}"
        raise BusyError(message)
