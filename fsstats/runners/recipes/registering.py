"""Recipes that register images: a brain to a standard brain, and an atlas to a brain."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final, TypedDict

from fsstats.errors import TableError, wording
from fsstats.runners._flags import Flag, PathLike
from fsstats.runners.command import Command, Suite, Tool, command
from fsstats.runners.images import Images
from fsstats.runners.programs import registration, warps
from fsstats.runners.programs._python import PYTHON
from fsstats.runners.programs.fsl import image_of, stem_of
from fsstats.runners.recipes._steps import (
    Options,
    brain_extracted,
    brain_in,
    given,
    image_in,
    standard_brain,
    stem_in,
)


def to_standard(
    images: Images,
    out: Path,
    *,
    options: Options | None = None,
    threads: int | None = None,
    reference: PathLike = "",
    config: str = "",
    extract: bool = True,
) -> tuple[Command, ...]:
    """Give the commands that register a brain to a standard brain, by an affine matrix and then a warp.

    Parameters
    ----------
    images : Images
        With a T1-weighted image.
    out : Path
        The folder in which each session has one.
    options : mapping, optional
        Options by the names of the tools.
    threads : int, optional
        Not used: these tools have one thread.
    reference : path
        The standard brain; of FSL the one of MNI152 with 1 mm if it is not given.
    config : str
        A file of options for ``fnirt``, also one of FSL's, such as ``T1_2_MNI152_2mm.cnf``. Unless the images are
        brains, ``fnirt`` is then given the head and takes the reference of that file, as FSL advises; without it, brain
        and standard brain.
    extract : bool
        Extract the brain first, with ``bet``; no if the images are brains already.

    Returns
    -------
    tuple of Command
        ``bet`` (unless the images are brains), ``flirt`` and ``fnirt``.

    Raises
    ------
    TableError
        If no reference is given and FSLDIR is not set.

    Examples
    --------
    >>> row = Images("S1", None, {"t1": "brain.nii.gz"})
    >>> for line in to_standard(row, Path("out"), reference="mni.nii.gz", extract=False):
    ...     print(line)
    flirt -in brain.nii.gz -ref mni.nii.gz -dof 12 -omat out/S1/S1_to_standard.mat
    fnirt --ref=mni.nii.gz --in=brain.nii.gz --aff=out/S1/S1_to_standard.mat --iout=out/S1/S1_in_standard.nii.gz \
--cout=out/S1/S1_to_standard_warp.nii.gz --logout=out/S1/S1_to_standard_warp.log
    """
    del threads
    stem, own = stem_in(out, images), image_in(images, "t1")
    brain = str(brain_in(out, images)) if extract else own
    moved = image_of(f"{stem}_in_standard")
    return (
        *([brain_extracted(own, brain, options)] if extract else []),
        *_registered(stem, own, brain, standard_brain(reference), options, config=config, moved=moved),
    )


def _registered(
    stem: Path,
    head: str,
    brain: str,
    standard: str,
    options: Options | None,
    *,
    config: str,
    moved: Path | None = None,
) -> tuple[Command, Command]:
    """Register a brain to a standard brain; a file of options for fnirt is for the head, unless there is none."""
    matrix, log = (f"{stem}_to_standard{end}" for end in (".mat", "_warp.log"))
    is_of_head = bool(config) and head != brain
    whose = {"in_": head} if is_of_head else {"ref": standard, "in_": brain}
    own = {**whose, "aff": matrix, "config": config or None, "iout": moved, "cout": _warp(stem), "logout": log}
    return (
        registration.flirt(**given(registration.FLIRT, options, in_=brain, ref=standard, dof=12, omat=matrix)),
        registration.fnirt(**given(registration.FNIRT, options, **own)),
    )


def _warp(stem: Path) -> Path:
    return image_of(f"{stem}_to_standard_warp")


def atlas_to_native(
    images: Images,
    out: Path,
    *,
    options: Options | None = None,
    threads: int | None = None,
    atlas: PathLike = "",
    reference: PathLike = "",
    config: str = "",
    image: str = "t1",
    extract: bool | None = None,
) -> tuple[Command, ...]:
    """Give the commands that bring an atlas into the space of an image, and measure its regions there.

    Parameters
    ----------
    images : Images
        With the image that is named.
    out : Path
        The folder in which each session has one.
    options : mapping, optional
        Options by the names of the tools.
    threads : int, optional
        Not used: these tools have one thread.
    atlas : path
        The labels, on the grid of the reference.
    reference : path
        The standard image that the atlas belongs to; of FSL the brain of MNI152 with 1 mm if it is not given.
    config : str
        A file of options for ``fnirt``, also one of FSL's: ``FA_2_FMRIB58_1mm.cnf``; as in `to_standard`.
    image : str
        The kind of image that is registered: ``t1``, or ``fa``, whose values are then summarised in each region.
    extract : bool, optional
        Extract the brain first, with ``bet``; if not given, from a T1-weighted image.

    Returns
    -------
    tuple of Command
        ``bet`` where it is needed, ``flirt``, ``fnirt``, ``invwarp``, ``applywarp`` with the nearest neighbour, which
        keeps labels whole, and ``fsstats segstats``, which writes ``NAME_ATLAS.tsv``.

    Raises
    ------
    TableError
        If there is no atlas; or no reference, and FSLDIR is not set.

    Examples
    --------
    >>> row = Images("S1", None, {"fa": "FA.nii.gz"})
    >>> made = atlas_to_native(row, Path("out"), atlas="JHU.nii.gz", reference="FMRIB58.nii.gz", image="fa")
    >>> [line.tool.name for line in made]
    ['flirt', 'fnirt', 'invwarp', 'applywarp', 'segstats']
    >>> print(made[3])
    applywarp --in=JHU.nii.gz --ref=FA.nii.gz --warp=out/S1/S1_from_standard_warp.nii.gz --interp=nn \
--out=out/S1/S1_JHU.nii.gz
    """
    del threads
    if not os.fspath(atlas):
        message = f"atlas-to-native: {wording(expected='an atlas, as atlas=labels.nii.gz', found='none')}"
        raise TableError(message)
    is_extracted = image == "t1" if extract is None else extract
    own, stem, name = image_in(images, image), stem_in(out, images), Path(stem_of(atlas)).name
    brain, to = str(brain_in(out, images)) if is_extracted else own, standard_brain(reference)
    back, labels = image_of(f"{stem}_from_standard_warp"), image_of(f"{stem}_{name}")
    placed = {"in_": atlas, "ref": brain, "warp": back, "interp": "nn", "out": labels}
    return (
        *([brain_extracted(own, brain, options)] if is_extracted else []),
        *_registered(stem, own, brain, to, options, config=config),
        warps.invwarp(**given(warps.INVWARP, options, w=_warp(stem), o=back, r=brain)),
        warps.applywarp(**given(warps.APPLYWARP, options, **placed)),
        _segstats(images, labels, {} if image == "t1" else {image.upper(): own}, options, name),
    )


class SegstatsOptions(TypedDict, total=False):
    """Options of ``fsstats segstats``."""

    map: Annotated[
        Sequence[str],
        Flag("--map", "NAME=FILE: summarise this image in every label.", is_repeated=True, is_of_one=True),
    ]
    lut: Annotated[PathLike, Flag("--lut", "The labels' names: a colour table, dseg.tsv or FSL atlas.", role="in")]
    subject: Annotated[str, Flag("--subject", "What to enter as subject.", is_of_one=True)]
    session: Annotated[str, Flag("--session", "What to enter as session.", is_of_one=True)]
    source: Annotated[str, Flag("--source", "What to enter as source.")]
    units: Annotated[str, Flag("--units", "Unit of the maps' values.")]
    empty: Annotated[bool, Flag("--empty", "Give labels without a voxel a row too.")]
    output: Annotated[PathLike, Flag("--output", "The table to write.", role="out", also=("-o",))]


SEGSTATS: Final = Tool(
    name="segstats",
    program=PYTHON,
    suite=Suite(name="fsstats", package="fsstats"),
    says="Count the voxels of every label of an image, and summarise other images within them.",
    options=SegstatsOptions,
)


def _segstats(images: Images, labels: Path, maps: Mapping[str, str], options: Options | None, source: str) -> Command:
    own = {"map": [f"{name}={path}" for name, path in maps.items()] or None, "source": source}
    table = f"{stem_of(labels)}.tsv"
    whose = {"subject": images.subject, "session": images.session, "output": table}
    said = SEGSTATS.read(given(SEGSTATS, options, **own, **whose))
    words = ["-m", "fsstats_cli", "segstats", str(labels), *said.arguments]
    return command(SEGSTATS, words, inputs=[labels, *maps.values(), *said.inputs], outputs=said.outputs)
