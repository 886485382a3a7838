"""Recipes that clean images: Gibbs ringing, noise, and the bias field."""

from pathlib import Path

from fsstats.errors import UnknownNameError
from fsstats.runners._flags import PathLike
from fsstats.runners.command import Command
from fsstats.runners.images import Images
from fsstats.runners.programs import ants, dipy, freesurfer, mrtrix
from fsstats.runners.recipes._steps import Options, given, image_in, stem_in


def degibbs_t1(
    images: Images, out: Path, *, options: Options | None = None, threads: int | None = None
) -> tuple[Command, ...]:
    """Give the command that removes Gibbs ringing from a T1-weighted image (MRtrix3).

    Parameters
    ----------
    images : Images
        With a T1-weighted image as the scanner made it, before anything interpolates.
    out : Path
        The folder in which each session has one.
    options : mapping, optional
        ``{"mrdegibbs": {"axes": (0, 2)}}`` for coronal slices, ``(1, 2)`` for sagittal ones; they are axial if it is
        not given.
    threads : int, optional
        For ``-nthreads``.

    Returns
    -------
    tuple of Command
        ``mrdegibbs``.

    Examples
    --------
    >>> print(*degibbs_t1(Images("S1", None, {"t1": "T1w.nii.gz"}), Path("out")))
    mrdegibbs T1w.nii.gz out/S1/S1_T1w_unringed.nii.gz -axes 0,1
    """
    output = Path(f"{stem_in(out, images)}_T1w_unringed.nii.gz")
    return (_unringed(image_in(images, "t1"), output, options, threads),)


def _unringed(image: PathLike, output: Path, options: Options | None, threads: int | None) -> Command:
    return mrtrix.mrdegibbs(image, output, **given(mrtrix.MRDEGIBBS, options, axes=(0, 1), nthreads=threads))


def degibbs_dwi(
    images: Images,
    out: Path,
    *,
    options: Options | None = None,
    threads: int | None = None,
    denoise: bool = True,
) -> tuple[Command, ...]:
    """Give the commands that remove noise and then Gibbs ringing from diffusion-weighted images (MRtrix3).

    Parameters
    ----------
    images : Images
        With diffusion-weighted images as the scanner made them, before anything interpolates.
    out : Path
        The folder in which each session has one.
    options : mapping, optional
        Options by the names of the tools, as in `degibbs_t1`.
    threads : int, optional
        For ``-nthreads``.
    denoise : bool
        Remove noise first, with ``dwidenoise``: afterwards it could not be told from the signal. No if that was done.

    Returns
    -------
    tuple of Command
        ``dwidenoise`` unless that was done, and ``mrdegibbs``.

    Examples
    --------
    >>> for line in degibbs_dwi(Images("S1", None, {"dwi": "DWI.nii.gz"}), Path("out")):
    ...     print(line)
    dwidenoise DWI.nii.gz out/S1/S1_dwi_denoised.nii.gz
    mrdegibbs out/S1/S1_dwi_denoised.nii.gz out/S1/S1_dwi_denoised_unringed.nii.gz -axes 0,1
    """
    folder, image = out / images.name, image_in(images, "dwi")
    if not denoise:
        return (_unringed(image, folder / f"{images.name}_dwi_unringed.nii.gz", options, threads),)
    quiet = folder / f"{images.name}_dwi_denoised.nii.gz"
    return (
        mrtrix.dwidenoise(image, quiet, **given(mrtrix.DWIDENOISE, options, nthreads=threads)),
        _unringed(quiet, folder / f"{images.name}_dwi_denoised_unringed.nii.gz", options, threads),
    )


def degibbs_dipy(
    images: Images,
    out: Path,
    *,
    options: Options | None = None,
    threads: int | None = None,
    image: str = "dwi",
) -> tuple[Command, ...]:
    """Give the command that removes Gibbs ringing from masked images (DIPY).

    Parameters
    ----------
    images : Images
        With diffusion-weighted images and their b-values, or a T1-weighted image.
    out : Path
        The folder in which each session has one.
    options : mapping, optional
        Options by the names of the tools, as in `degibbs_t1`.
    threads : int, optional
        For ``--processes``.
    image : {"dwi", "t1"}
        Which of them.

    Returns
    -------
    tuple of Command
        ``gibbs_removal``.

    Examples
    --------
    >>> row = Images("S1", None, {"dwi": "DWI.nii.gz", "bval": "bvals"})
    >>> print(*degibbs_dipy(row, Path("out"))[0].arguments)
    -m fsstats.runners.programs._degibbs DWI.nii.gz out/S1/S1_dwi_degibbs.nii.gz --bvals bvals
    """
    bvals = image_in(images, "bval") if image == "dwi" else None
    word = {"t1": "T1w"}.get(image, image)
    output = Path(f"{stem_in(out, images)}_{word}_degibbs.nii.gz")
    own = given(dipy.GIBBS_REMOVAL, options, bvals=bvals, processes=threads)
    return (dipy.gibbs_removal(image_in(images, image), output, **own),)


def n4(
    images: Images,
    out: Path,
    *,
    options: Options | None = None,
    threads: int | None = None,
    by: str = "freesurfer",
) -> tuple[Command, ...]:
    """Give the command that removes the bias field from a T1-weighted image (N4).

    Parameters
    ----------
    images : Images
        With a T1-weighted image.
    out : Path
        The folder in which each session has one.
    options : mapping, optional
        Options by the names of the tools, as in `degibbs_t1`.
    threads : int, optional
        Not used: the tools follow the variables that `run` sets.
    by : {"freesurfer", "ants"}
        Whose N4: FreeSurfer's ``AntsN4BiasFieldCorrectionFs``, or that of the Python package antspyx.

    Returns
    -------
    tuple of Command
        One command.

    Raises
    ------
    UnknownNameError
        If it is neither.

    Examples
    --------
    >>> print(*n4(Images("S1", None, {"t1": "T1w.nii.gz"}), Path("out")))
    AntsN4BiasFieldCorrectionFs -i T1w.nii.gz -o out/S1/S1_T1w_biascorrected.nii.gz
    """
    del threads
    image, output = image_in(images, "t1"), Path(f"{stem_in(out, images)}_T1w_biascorrected.nii.gz")
    if by == "freesurfer":
        tool = freesurfer.ANTS_N4_BIAS_FIELD_CORRECTION_FS
        return (freesurfer.ants_n4_bias_field_correction_fs(**given(tool, options, i=image, o=output)),)
    if by == "ants":
        return (ants.n4_bias_field(image, output, **given(ants.N4, options)),)
    raise UnknownNameError.among("N4", by, ["freesurfer", "ants"])
