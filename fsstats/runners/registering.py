"""Recipes that register images: a brain to a standard brain, and an atlas to a brain."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final, TypedDict

from fsstats.errors import TableError, wording
from fsstats.runners import registration, warps
from fsstats.runners._flags import Flag, PathLike
from fsstats.runners._programs import PYTHON
from fsstats.runners._steps import (
    Options,
    brain_extracted,
    brain_in,
    given,
    image_in,
    plain_name,
    standard_brain,
    stem_in,
)
from fsstats.runners.command import Command, Suite, Tool, command
from fsstats.runners.images import Images


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
        A file of options for ``fnirt``, also one of FSL's.
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
    flirt -in brain.nii.gz -ref mni.nii.gz -omat out/S1/S1_to_standard.mat
    fnirt --ref=mni.nii.gz --in=brain.nii.gz --aff=out/S1/S1_to_standard.mat --iout=out/S1/S1_in_standard.nii.gz \
--cout=out/S1/S1_to_standard_warp.nii.gz
    """
    del threads
    stem = stem_in(out, images)
    image = brain_in(out, images) if extract else image_in(images, "t1")
    to = standard_brain(reference)
    matrix, warp, moved = (
        f"{stem}_{end}" for end in ("to_standard.mat", "to_standard_warp.nii.gz", "in_standard.nii.gz")
    )
    own = {"ref": to, "in_": image, "aff": matrix, "config": config or None, "iout": moved, "cout": warp}
    return (
        *([brain_extracted(images, out, options)] if extract else []),
        registration.flirt(**given(registration.FLIRT, options, in_=image, ref=to, omat=matrix)),
        registration.fnirt(**given(registration.FNIRT, options, **own)),
    )


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
        A file of options for ``fnirt``, also one of FSL's: ``FA_2_FMRIB58_1mm.cnf``.
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
    own = image_in(images, image)
    brain, to = str(brain_in(out, images)) if is_extracted else own, standard_brain(reference)
    stem = stem_in(out, images)
    matrix, warp, back = (
        f"{stem}_{end}" for end in ("to_standard.mat", "to_standard_warp.nii.gz", "from_standard_warp.nii.gz")
    )
    labels = f"{stem}_{plain_name(atlas)}.nii.gz"
    warped = {"ref": to, "in_": brain, "aff": matrix, "config": config or None, "cout": warp}
    placed = {"in_": atlas, "ref": brain, "warp": back, "interp": "nn", "out": labels}
    return (
        *([brain_extracted(images, out, options)] if is_extracted else []),
        registration.flirt(**given(registration.FLIRT, options, in_=brain, ref=to, dof=12, omat=matrix)),
        registration.fnirt(**given(registration.FNIRT, options, **warped)),
        warps.invwarp(**given(warps.INVWARP, options, w=warp, o=back, r=brain)),
        warps.applywarp(**given(warps.APPLYWARP, options, **placed)),
        _segstats(images, labels, {} if image == "t1" else {image.upper(): own}, options, plain_name(atlas)),
    )


class SegstatsOptions(TypedDict, total=False):
    """Options of ``fsstats segstats``."""

    map: Annotated[Sequence[str], Flag("--map", "NAME=FILE: summarise this image in every label.", is_repeated=True)]
    lut: Annotated[PathLike, Flag("--lut", "The labels' names: a colour table, dseg.tsv or FSL atlas.", role="in")]
    subject: Annotated[str, Flag("--subject", "What to enter as subject.")]
    session: Annotated[str, Flag("--session", "What to enter as session.")]
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


def _segstats(images: Images, labels: str, maps: Mapping[str, str], options: Options | None, source: str) -> Command:
    own = {"map": [f"{name}={path}" for name, path in maps.items()] or None, "source": source}
    table = labels.removesuffix(".nii.gz") + ".tsv"
    whose = {"subject": images.subject, "session": images.session, "output": table}
    said = SEGSTATS.read(given(SEGSTATS, options, **own, **whose))
    words = ["-m", "fsstats_cli", "segstats", labels, *said.arguments]
    return command(SEGSTATS, words, inputs=[labels, *maps.values(), *said.inputs], outputs=said.outputs)
