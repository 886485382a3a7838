"""Tools, and command lines of them: values that say what would be run, and run nothing."""

import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fsstats.errors import TableError
from fsstats.runners._flags import PathLike, Read, path_text, read


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A package of tools: where it is found, and what it asks for.

    Parameters
    ----------
    name : str
        What it is called.
    home : str
        The environment variable that names its folder; empty if it needs none.
    bins : tuple of str
        Folders below it that hold programs.
    set_up : str
        What to do where it is not set up.
    licences : tuple of str
        Files below its folder, one of which must be there; empty if it needs none.
    licence_variable : str
        The environment variable that may name the licence's file instead.
    version_file : str
        A file below its folder whose first line has the version.
    version_arguments : tuple of str
        Otherwise, arguments with which a program prints it.
    package : str
        Otherwise, the Python package that it is.
    finds_itself : bool
        Its programs find their folder where the variable is not set.
    """

    name: str
    home: str = ""
    bins: tuple[str, ...] = ("bin",)
    set_up: str = ""
    licences: tuple[str, ...] = ()
    licence_variable: str = ""
    version_file: str = ""
    version_arguments: tuple[str, ...] = ()
    package: str = ""
    finds_itself: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One program: its name, its options, the works to cite.

    Parameters
    ----------
    program : str
        As it is called on the command line.
    suite : Suite
        What it belongs to.
    says : str
        What it does, in a sentence.
    options : type
        A ``TypedDict`` of its options, each with its `Flag`.
    has_equals : bool
        Values of options with two dashes stand behind an equals sign: ``--ref=image``.
    cites : tuple of str
        Digital object identifiers of the works to cite.
    threads : str
        The environment variable that limits its threads.
    name : str
        What it is called; the program's name unless it is given.
    """

    program: str
    suite: Suite
    says: str
    options: type
    has_equals: bool = False
    cites: tuple[str, ...] = ()
    threads: str = "OMP_NUM_THREADS"
    name: str = ""

    def __post_init__(self) -> None:
        """Call it by its program where it has no other name."""
        object.__setattr__(self, "name", self.name or self.program)

    def read(self, given: Mapping[str, Any]) -> Read:
        """Check options and write them as arguments; see `fsstats.runners._flags.read`."""
        return read(self.name, self.options, given, has_equals=self.has_equals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command line, and the files that it is known to read and to write. Nothing is run by making one.

    Parameters
    ----------
    tool : Tool
        The program.
    arguments : tuple of str
        What follows the program's name. Each reaches the program as it is; no shell ever sees it.
    inputs, outputs : tuple of Path
        Files or folders that must be there before, and those that are there after a run that went well.
    before : tuple of str
        Arguments in front of the program: a container's, or a limit's.
    environment : mapping
        Variables that it is run with, beside those of the caller.
    folder : Path or None
        Where it is run; relative paths are meant from there. None for the folder of the caller.
    remarks : tuple of str
        What a user should know of this use of the tool.

    Examples
    --------
    >>> from fsstats.runners import bet
    >>> print(bet("T1w.nii.gz", "T1w brain.nii.gz", f=0.3))
    bet T1w.nii.gz 'T1w brain.nii.gz' -f 0.3
    """

    tool: Tool
    arguments: tuple[str, ...]
    inputs: tuple[Path, ...] = ()
    outputs: tuple[Path, ...] = ()
    before: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no program can be given."""
        odd = next((one for one in self.argv if "\0" in one), None)
        if odd is not None:
            message = f"{self.tool.name}: expected arguments without a NUL character, found {odd!r}"
            raise TableError(message)

    @property
    def argv(self) -> tuple[str, ...]:
        """The whole command line, an argument each."""
        return (*self.before, self.tool.program, *self.arguments)

    def __str__(self) -> str:
        """Write the line as it can be copied into a shell, with the variables that it needs in front."""
        variables = [f"{name}={shlex.quote(value)}" for name, value in self.environment.items()]
        return " ".join([*variables, shlex.join(self.argv)])

    def within(self, folder: PathLike) -> "Command":
        """Give the same command, run in a folder.

        Parameters
        ----------
        folder : path
            Where to run it; relative names of files are meant from there.

        Returns
        -------
        Command
            The same line.
        """
        return replace(self, folder=Path(folder))

    def place(self, path: Path) -> Path:
        """Give where a file of this command is, seen from the caller.

        Parameters
        ----------
        path : Path
            One of its inputs or outputs.

        Returns
        -------
        Path
            The path; a relative one below `folder`.
        """
        return path if self.folder is None else self.folder / path


def command(
    tool: Tool,
    arguments: Iterable[PathLike],
    *,
    inputs: Iterable[PathLike] = (),
    outputs: Iterable[PathLike] = (),
    environment: Mapping[str, str] | None = None,
    remarks: Sequence[str] = (),
) -> Command:
    """Make a command of what a tool's function has put together; see `Command`."""
    return Command(
        tool=tool,
        arguments=tuple(os.fspath(one) for one in arguments),
        inputs=tuple(map(Path, inputs)),
        outputs=tuple(map(Path, outputs)),
        environment=dict(environment or {}),
        remarks=tuple(remarks),
    )


def positional(program: str, name: str, path: PathLike) -> str:
    """Write a file that stands without an option in front of it.

    Parameters
    ----------
    program, name : str
        Whose, and what it is; for messages.
    path : path
        The file.

    Returns
    -------
    str
        Its name, so that no tool takes it for an option.

    Raises
    ------
    TableError
        If there is no name.
    """
    if not os.fspath(path):
        message = f"{program}: expected the name of a file for {name}, found none"
        raise TableError(message)
    return path_text(path)


def remarks_on_names(program: str, *names: PathLike) -> list[str]:
    """Say which name a shell script would take for several, however it is quoted.

    Examples
    --------
    >>> remarks_on_names("bet", "T1w.nii.gz", "my brain.nii.gz")
    ["bet is a shell script that splits names at blanks, and will not find 'my brain.nii.gz': rename it"]
    """
    split = [text for text in (os.fspath(name) for name in names) if text.split() != [text]]
    return [
        f"{program} is a shell script that splits names at blanks, and will not find {one!r}: rename it"
        for one in split
    ]
