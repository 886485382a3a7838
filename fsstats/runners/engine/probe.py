"""What of the tools is on this machine: where, which version, and whether its licence is there."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Final

from fsstats.errors import RunError, wording
from fsstats.runners.command import Command, Suite, Tool
from fsstats.schema import release

_TITLED: Final = re.compile(r"== \S+ (?P<version>\S+) ==")
"""How MRtrix begins."""
_PATIENCE: Final = 30
"""Seconds that a program has to say its version."""


def where(program: str, suite: Suite, environment: Mapping[str, str] | None = None) -> Path | None:
    """Find a program: on the ``PATH``, then in the folder of its package.

    Parameters
    ----------
    program : str
        Its name, or its path.
    suite : Suite
        What it belongs to.
    environment : mapping, optional
        The environment variables; those of this process unless given.

    Returns
    -------
    Path or None
        Where it is; None if it is nowhere.

    Examples
    --------
    >>> where("no-such-program", Suite(name="Nothing", home="NOTHING_HOME")) is None
    True
    """
    known = os.environ if environment is None else environment
    path = os.pathsep.join([known.get("PATH", os.defpath), *map(str, folders_of(suite, known))])
    found = shutil.which(program, path=path)
    return None if found is None else Path(found)


def folders_of(suite: Suite, environment: Mapping[str, str]) -> list[Path]:
    """Give the folders that hold a package's programs, whether they are there or not."""
    home = environment.get(suite.home, "") if suite.home else ""
    return [Path(home, one) for one in suite.bins] if home else []


def version_of(suite: Suite, program: str = "", environment: Mapping[str, str] | None = None) -> str | None:
    """Find which version of a package is here.

    Parameters
    ----------
    suite : Suite
        The package.
    program : str
        One of its programs: asked where the package has no file that tells.
    environment : mapping, optional
        The environment variables; those of this process unless given.

    Returns
    -------
    str or None
        As the package writes it, FreeSurfer's without the system it was built on; None if it cannot be told.

    Examples
    --------
    >>> version_of(Suite(name="numpy", package="numpy")) == metadata.version("numpy")
    True
    """
    known = os.environ if environment is None else environment
    if suite.package:
        try:
            return metadata.version(suite.package)
        except metadata.PackageNotFoundError:
            return None
    line = _in_file(suite, known) if suite.version_file else _asked(suite, program, known)
    if line is None or line.startswith("freesurfer-"):
        return line and release(line)
    titled = _TITLED.fullmatch(line)
    return titled["version"] if titled else line


def _in_file(suite: Suite, environment: Mapping[str, str]) -> str | None:
    home = environment.get(suite.home)
    try:
        text = Path(home, suite.version_file).read_text(encoding="utf-8", errors="replace") if home else ""
    except OSError:
        return None
    return _first_line(text)


def _asked(suite: Suite, program: str, environment: Mapping[str, str]) -> str | None:
    """Ask a program; only where the package says how."""
    found = where(program, suite, environment) if program and suite.version_arguments else None
    if found is None:
        return None
    try:
        told = subprocess.run(  # noqa: S603 - a list of arguments, no shell
            [found, *suite.version_arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=dict(environment),
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return _first_line((told.stdout or told.stderr).decode("utf-8", "replace"))


def _first_line(text: str) -> str | None:
    return next((line.strip() for line in text.splitlines() if line.strip()), None)


def licence_of(suite: Suite, environment: Mapping[str, str] | None = None) -> Path | None:
    """Find the file of a package's licence. It is looked for, and never opened.

    Parameters
    ----------
    suite : Suite
        The package.
    environment : mapping, optional
        The environment variables; those of this process unless given.

    Returns
    -------
    Path or None
        Where it is; None if it is nowhere, or if the package needs none.
    """
    known = os.environ if environment is None else environment
    found = [place for place in _licence_places(suite, known) if place.is_file()]
    return found[0] if found else None


def _licence_places(suite: Suite, environment: Mapping[str, str]) -> list[Path]:
    """Give where the licence may be: the variable that names it comes first."""
    named = environment.get(suite.licence_variable, "") if suite.licence_variable else ""
    home = environment.get(suite.home, "") if suite.home else ""
    below = [Path(home, one) for one in suite.licences] if home else []
    return [*([Path(named)] if named else []), *below]


def lacking(tool: Tool, environment: Mapping[str, str] | None = None) -> str:
    """Say what this machine lacks to run a tool.

    Parameters
    ----------
    tool : Tool
        The tool.
    environment : mapping, optional
        The environment variables; those of this process unless given.

    Returns
    -------
    str
        The first thing that is missing: the program or Python package, the variable of its folder, or its licence;
        empty if nothing.

    Examples
    --------
    >>> from fsstats.runners.programs.fsl import BET
    >>> print(lacking(BET, {"PATH": "/nowhere"}))
    expected the program bet of FSL, found none on the PATH, and FSLDIR is not set. To set FSL up: set FSLDIR and \
source $FSLDIR/etc/fslconf/fsl.sh
    """
    known = os.environ if environment is None else environment
    suite = tool.suite
    if suite.package and version_of(suite) is None:
        hint = f"pip install {suite.package}"
        return wording(expected=f"the Python package {suite.package}", found="that it is not installed", hint=hint)
    set_up = f"To set {suite.name} up: {suite.set_up}" if suite.set_up else f"Install {suite.name}"
    if where(tool.program, suite, known) is None:
        whose = "" if tool.program == suite.name else f" of {suite.name}"
        return wording(
            expected=f"the program {tool.program}{whose}", found=f"none on the PATH{_home(suite, known)}", hint=set_up
        )
    if suite.home and not suite.finds_itself and not known.get(suite.home):
        found = f"that the variable {suite.home} is not set"
        return wording(expected=f"that the folder of {suite.name} is known", found=found, hint=set_up)
    if suite.licences and licence_of(suite, known) is None:
        return _without_licence(suite, known)
    return ""


def _home(suite: Suite, environment: Mapping[str, str]) -> str:
    """Say where else a program was looked for."""
    if not suite.home:
        return ""
    looked = " or in ".join(map(str, folders_of(suite, environment)))
    return f" or in {looked}" if looked else f", and {suite.home} is not set"


def _without_licence(suite: Suite, environment: Mapping[str, str]) -> str:
    looked = " or ".join(map(str, _licence_places(suite, environment)))
    hint = f"Put the file that you were sent there, or set {suite.licence_variable} to where it is"
    return wording(expected=f"the licence of {suite.name}", found=f"no file {looked}", hint=hint)


def require_ready(command: Command, environment: Mapping[str, str]) -> Path:
    """Find the program of a command.

    Parameters
    ----------
    command : Command
        The command. Of one that runs in a container, only the container's program has to be here.
    environment : mapping
        The environment variables that it will have.

    Returns
    -------
    Path
        The program that is to be started.

    Raises
    ------
    RunError
        If this machine lacks it, or its licence.
    """
    if not command.before:
        missing = lacking(command.tool, environment)
        if missing:
            raise RunError(f"{command.tool.name}: {missing}")
    first, suite = command.argv[0], Suite(name="") if command.before else command.tool.suite
    found = where(first, suite, environment)
    if found is None:
        hint = "Install it, or load the module that has it"
        raise RunError.at(command.tool.name, expected=f"the program {first}", found="none on the PATH", hint=hint)
    return found.absolute()
