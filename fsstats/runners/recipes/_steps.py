"""What the recipes share: options of the user beside their own, and the images that they begin with."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fsstats.errors import TableError, wording
from fsstats.runners._flags import PathLike, options_of
from fsstats.runners.command import Command, Tool
from fsstats.runners.images import Images
from fsstats.runners.programs import fsl

Options = Mapping[str, Mapping[str, Any]]
"""Options of the tools, by the tools' names: what a user sets beside, or in place of, what a recipe sets."""
_STANDARD: Final = "data/standard/MNI152_T1_1mm_brain.nii.gz"


def given(tool: Tool, options: Options | None, **own: object) -> dict[str, Any]:
    """Give the options of a tool: those of the recipe, then those of the user, which win.

    Raises
    ------
    TableError
        If the user sets whose images are read, or a file of one subject: it differs between subjects.
    """
    wanted, known = (options or {}).get(tool.name, {}), options_of(tool.options)
    for name in filter(known.__contains__, wanted):
        flag = known[name].flag
        if flag.is_of_one or flag.role == "out" or (own.get(name) and flag.role):
            expected = "options that are the same for all subjects"
            raise TableError(f"{tool.name}: {wording(expected=expected, found=f'{flag.spelling}, which is of one')}")
    return {**own, **wanted}


def image_in(images: Images, kind: str) -> str:
    """Give the image of a kind.

    Raises
    ------
    TableError
        If there is none.
    """
    if kind not in images.paths:
        raise TableError(f"{images.name}: {wording(expected=f'an image in {kind}', found='none')}")
    return images.paths[kind]


def stem_in(out: Path, images: Images) -> Path:
    """Give how the names of a session's outputs begin: in a folder of its own, with its name, so that all see whose."""
    return out / images.name / images.name


def brain_in(out: Path, images: Images) -> Path:
    """Name the image of the brain."""
    return fsl.image_of(f"{stem_in(out, images)}_brain")


def brain_extracted(head: PathLike, brain: PathLike, options: Options | None) -> Command:
    """Give the command that extracts the brain."""
    return fsl.bet(head, brain, **given(fsl.BET, options, m=True))


def standard_brain(named: PathLike) -> str:
    """Give the standard brain: the one that was named, or FSL's.

    Raises
    ------
    TableError
        If none is named, and FSL is not set up.
    """
    if os.fspath(named):
        return os.fspath(named)
    if not os.environ.get("FSLDIR"):
        hint = "Name it, as reference=brain.nii.gz, or set FSLDIR"
        raise TableError(f"the standard brain: {wording(expected='an image', found='none', hint=hint)}")
    return str(Path(os.environ["FSLDIR"], _STANDARD))
