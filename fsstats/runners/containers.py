"""Commands in containers: the same line behind Apptainer, Docker or Podman, with the folders that it needs."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal, NamedTuple, get_args

from fsstats.errors import TableError, UnknownNameError, wording
from fsstats.runners._flags import PathLike
from fsstats.runners.command import Command
from fsstats.runners.engine.local import thread_variables
from fsstats.runners.programs.fsl import FSL, output_type

Engine = Literal["apptainer", "docker", "podman"]
ENGINES: Final[tuple[Engine, ...]] = get_args(Engine)
_LICENCE: Final = "/fsstats-licence/license.txt"
"""Where a licence is seen in the container: no folder of the image is covered by it."""
_MOST_LINKS: Final = 40
"""Links that lead to one another, after which the system gives up as well."""


class Bind(NamedTuple):
    """A folder or file of this machine that a container sees."""

    source: Path
    target: Path
    """Where it is seen."""
    writable: bool


def in_container(
    command: Command,
    *,
    image: PathLike,
    engine: Engine = "apptainer",
    binds: Iterable[PathLike] = (),
    licence: PathLike | None = None,
    gpu: bool = False,
    threads: int | None = None,
    inside: Iterable[PathLike] = (),
    options: Sequence[str] = (),
) -> Command:
    """Give a command as it is run in a container.

    Parameters
    ----------
    command : Command
        What to run.
    image : path or str
        The image: a file (``.sif``) or an address for Apptainer, a name for Docker and Podman. There is no default:
        which release of a program is used belongs into the methods of a paper.
    engine : {"apptainer", "docker", "podman"}
        What runs it.
    binds : paths
        Further folders that the program may write to.
    licence : path, optional
        FreeSurfer's licence file; the container sees it, and FS_LICENSE names it.
    gpu : bool
        Let it use NVIDIA graphics processors.
    threads : int, optional
        How many threads it may use, by the variables that programs follow.
    inside : paths
        Folders or files of the image. They are not looked for on this machine, such as
        ``/opt/fsl/data/standard/MNI152_T1_1mm_brain.nii.gz``.
    options : sequence of str
        Further arguments of the engine, as it spells them.

    Returns
    -------
    Command
        The same line with the engine in front.

    Raises
    ------
    UnknownNameError
        If there is no such engine.
    TableError
        If the program is part of this Python, there is no image, no folder to write to, or a path cannot be handed to
        the engine.

    Notes
    -----
    The container sees the folders of the inputs (read-only) and of the outputs (writable) where they are on this
    machine, so the line stays the same. A folder to be written to that is not there yet is made by the program, so
    the nearest one around it that is there is seen. Links are followed, so that what they lead to is seen too.
    Variables of this machine do not reach it, but for those of the command. Docker and Podman run it as the user who
    calls, so the files are theirs, and without the image's own entry point, as Apptainer does.

    Apptainer takes colons and commas in a path for its own, and refuses such a path; the others take any.

    Examples
    --------
    >>> from fsstats.runners import bet
    >>> print(in_container(bet("/a/T1w.nii.gz", "/tmp/brain.nii.gz"), image="fsl.sif"))  # doctest: +ELLIPSIS
    apptainer exec --cleanenv ... --bind /a:/a:ro --bind /tmp:/tmp ... fsl.sif bet /a/T1w.nii.gz /tmp/brain.nii.gz
    """
    if engine not in ENGINES:
        raise UnknownNameError.among("engine for containers", engine, ENGINES)
    if command.tool.suite.package:
        found = f"{command.tool.program}, which is part of this Python"
        raise TableError(f"{os.fspath(image)}: {wording(expected='a program of the image', found=found)}")
    if not os.fspath(image):
        raise TableError(f"{engine}: {wording(expected='the image of a container', found='none')}")
    mine = [path for path in command.inputs if not _is_below(_plain(command.place(path)), [*map(Path, inside)])]
    environment = _environment(command, licence, threads)
    seen = [*_seen(command, mine, binds)]
    if licence is not None:
        seen.append(Bind(Path(licence).resolve(), Path(_LICENCE), writable=False))
    write = _apptainer if engine == "apptainer" else _docker
    before = write(engine, merged(seen), environment, _folder(command, seen), gpu=gpu)
    is_file = engine == "apptainer" and Path(image).exists()
    at = str(Path(image).absolute()) if is_file else os.fspath(image)
    return replace(command, before=(*before, *options, at), inputs=tuple(mine), environment={})


def _folder(command: Command, seen: Iterable[Bind]) -> Path:
    """Choose where the program is run: where it would be, if the container sees that, or else where it writes to."""
    own = _plain(command.folder or Path.cwd())
    if _is_below(own, [bind.target for bind in seen]):
        return own
    return next((bind.target for bind in seen if bind.writable), Path(os.sep))


def _environment(command: Command, licence: PathLike | None, threads: int | None) -> dict[str, str]:
    limits = thread_variables(command.tool, threads)
    kind = {"FSLOUTPUTTYPE": output_type()} if command.tool.suite == FSL else {}
    return {**limits, **kind, **command.environment, **({} if licence is None else {"FS_LICENSE": _LICENCE})}


def _is_below(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _seen(command: Command, inputs: Iterable[Path], binds: Iterable[PathLike]) -> Iterator[Bind]:
    """Give the folders that a command needs, each as often as there is a reason."""
    given = [_plain(command.place(Path(path))) for path in binds]
    for path in inputs:
        place = _plain(command.place(path))
        if place.is_symlink() or not _is_below(place, given):
            yield from _with_target(place)
    for folder in given:
        yield Bind(folder.resolve(), folder, writable=True)
    for path in command.outputs:
        output = _plain(command.place(path))
        if not _is_below(output, given):
            folder = _nearest(output.parent)
            yield Bind(folder.resolve(), folder, writable=True)


def _with_target(path: Path) -> Iterator[Bind]:
    """Give the folder of a file; where it is a link, also the folders that the link leads to, as it names them."""
    if path.is_dir():
        yield Bind(path.resolve(), path, writable=False)
        return
    here = seen = path
    for _ in range(_MOST_LINKS):
        yield Bind(here.parent.resolve(), seen.parent, writable=False)
        if not here.is_symlink():
            return
        link = here.readlink()
        here, seen = here.parent.resolve() / link, _plain(seen.parent / link)


def _plain(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - Path.absolute leaves ".." in


def _nearest(folder: Path) -> Path:
    """Give the folder itself if it is there, or the nearest one around it."""
    there = next(one for one in (folder, *folder.parents) if one.is_dir())
    if there == Path(there.anchor):
        raise TableError(f"{folder}: {wording(expected='a folder to write to', found='none')}")
    return there


def merged(binds: Iterable[Bind]) -> list[Bind]:
    """Leave out folders that are seen within another one, the same way and no less writable; parents come first.

    Parameters
    ----------
    binds : iterable of Bind
        In any order.

    Returns
    -------
    list of Bind
        One a target. Of two for one target the writable one is kept.

    Examples
    --------
    >>> some = [("/a/b", False), ("/a", False), ("/a/out", True), ("/a/out", False)]
    >>> [str(one.target) for one in merged(Bind(Path(name), Path(name), writable) for name, writable in some)]
    ['/a', '/a/out']
    """
    kept: list[Bind] = []
    for bind in sorted(binds, key=lambda one: (len(one.target.parts), str(one.target), not one.writable)):
        around = [one for one in kept if bind.target.is_relative_to(one.target)]
        nearest = max(around, key=lambda one: len(one.target.parts), default=None)
        if nearest is not None and nearest.writable >= bind.writable:
            way = bind.target.relative_to(nearest.target)
            if nearest.source / way == bind.source:
                continue
        kept.append(bind)
    return kept


def _apptainer(
    engine: str, binds: Iterable[Bind], environment: Mapping[str, str], folder: Path, *, gpu: bool
) -> list[str]:
    words = [engine, "exec", "--cleanenv", "--no-home", *(["--nv"] if gpu else []), "--pwd", str(folder)]
    for bind in binds:
        odd = next((path for path in (bind.source, bind.target) if {":", ","} & {*str(path)}), None)
        if odd is not None:
            hint = "Use a path without them, or the engine docker or podman"
            found = "one that Apptainer cannot show to a container"
            raise TableError(f"{odd}: {wording(expected='a path without colons and commas', found=found, hint=hint)}")
        words += ["--bind", f"{bind.source}:{bind.target}{'' if bind.writable else ':ro'}"]
    for name, value in environment.items():
        if {",", '"', "="} & {*value}:
            found = f"{name}={value}, which Apptainer would part"
            raise TableError(f"{engine}: {wording(expected='a value without commas, quotes and =', found=found)}")
        words += ["--env", f"{name}={value}"]
    return words


def _docker(
    engine: str, binds: Iterable[Bind], environment: Mapping[str, str], folder: Path, *, gpu: bool
) -> list[str]:
    words = [engine, "run", "--rm", "--init", "--entrypoint=", "--user", f"{os.getuid()}:{os.getgid()}"]
    words += ["--userns=keep-id"] if engine == "podman" and os.getuid() else []  # which it refuses to the superuser
    if gpu:
        words += ["--device", "nvidia.com/gpu=all"] if engine == "podman" else ["--gpus", "all"]
    words += ["--workdir", str(folder)]
    for bind in binds:
        fields = ["type=bind", f"source={bind.source}", f"target={bind.target}"]
        words += ["--mount", ",".join(map(_field, [*fields, *([] if bind.writable else ["readonly"])]))]
    for name, value in {"HOME": "/tmp", **environment}.items():  # noqa: S108 - a folder that everyone may write to
        words += ["--env", f"{name}={value}"]
    return words


def _field(text: str) -> str:
    """Quote a field of a line whose fields are parted by commas, if it must be.

    Examples
    --------
    >>> _field("source=/data"), _field("source=/a, b")
    ('source=/data', '"source=/a, b"')
    """
    quoted = text.replace('"', '""')
    return f'"{quoted}"' if {",", '"', "\n", "\r"} & {*text} else text
