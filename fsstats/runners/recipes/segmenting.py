"""Recipes that segment the brain: FreeSurfer, FastSurfer, SynthSeg, FSL."""

from collections.abc import Sequence
from pathlib import Path

from fsstats.errors import TableError, UnknownNameError, wording
from fsstats.runners.command import Command
from fsstats.runners.images import Images
from fsstats.runners.programs import arithmetic, first, freesurfer, fsl, recon
from fsstats.runners.programs.fastsurfer import RUN_FASTSURFER, run_fastsurfer
from fsstats.runners.programs.synthseg import MRI_SYNTHSEG, mri_synthseg
from fsstats.runners.recipes._steps import Options, brain_extracted, brain_in, given, image_in, stem_in


def recon_all(
    images: Images, out: Path, *, options: Options | None = None, threads: int | None = None, pial: str = ""
) -> tuple[Command, ...]:
    """Give the command of recon-all for one session.

    Parameters
    ----------
    images : Images
        All runs of its T1-weighted image are given to recon-all, which averages them.
    out : Path
        The folder of the subjects.
    options : mapping, optional
        Options by the names of the tools: ``{"recon-all": {"qcache": True}}``. With a stage
        (``{"autorecon1": True}``) it takes the place of ``-all``.
    threads : int, optional
        For ``-openmp``.
    pial : {"", "T2", "FLAIR"}
        The image that the pial surface is refined with.

    Returns
    -------
    tuple of Command
        One command.

    Raises
    ------
    UnknownNameError, TableError
        If an option is not one of the tool's, or the image for `pial` is missing.

    Examples
    --------
    >>> print(*recon_all(Images("sub-01", None, {"t1": "/bids/T1w.nii.gz"}), Path("/out"), threads=4))
    recon-all -i /bids/T1w.nii.gz -s sub-01 -sd /out -all -openmp 4
    """
    own_options = (options or {}).get(recon.RECON_ALL.name, {})
    is_whole = not any(name.startswith("autorecon") or name == "make" for name in own_options)
    more: dict[str, object] = {}
    if pial:
        if pial not in {"T2", "FLAIR"}:
            raise UnknownNameError.among("image for the pial surface", pial, ["T2", "FLAIR"])
        more = {pial: image_in(images, pial.lower()), f"{pial}pial": True}
    own = {"i": list(images.t1), "s": images.name, "sd": out, "all": is_whole, "openmp": threads, **more}
    return (recon.recon_all(**given(recon.RECON_ALL, options, **own)),)


def recon_all_long(
    sessions: Sequence[Images],
    out: Path,
    *,
    options: Options | None = None,
    threads: int | None = None,
    pial: str = "",
) -> tuple[Command, ...]:
    """Give the commands of FreeSurfer's longitudinal stream: each session, the template of all, each session again.

    Parameters
    ----------
    sessions : sequence of Images
        All sessions of one subject.
    out : Path
        The folder of the subjects.
    options : mapping, optional
        Options by the names of the tools, as in `recon_all`.
    threads : int, optional
        For ``-openmp``.
    pial : {"", "T2", "FLAIR"}
        The image that the pial surface of each session is refined with.

    Returns
    -------
    tuple of Command
        The template has the subject's name, and a session the name ``sub-01_ses-1.long.sub-01``.

    Raises
    ------
    UnknownNameError, TableError
        As in `recon_all`, or if the images have no sessions.

    Examples
    --------
    >>> visits = [Images("sub-01", f"ses-{n}", {"t1": f"/bids/{n}.nii.gz"}) for n in (1, 2)]
    >>> for line in recon_all_long(visits, Path("/out"))[2:]:
    ...     print(line)
    recon-all -base sub-01 -tp sub-01_ses-1 -tp sub-01_ses-2 -sd /out -all
    recon-all -long sub-01_ses-1 sub-01 -sd /out -all
    recon-all -long sub-01_ses-2 sub-01 -sd /out -all
    """
    subject = sessions[0].subject
    if any(one.session is None for one in sessions):
        message = f"{subject}: {wording(expected='sessions, for the longitudinal stream', found='none')}"
        raise TableError(message)
    tool, names = recon.RECON_ALL, [one.name for one in sessions]
    rest = {"sd": out, "all": True, "openmp": threads}
    cross = [recon_all(one, out, options=options, threads=threads, pial=pial)[0] for one in sessions]
    base = recon.recon_all(**given(tool, options, base=subject, tp=names, **rest))
    refined = {f"{pial}pial": True} if pial else {}  # the image itself is taken from the session
    long = [recon.recon_all(**given(tool, options, long=(name, subject), **rest, **refined)) for name in names]
    return (*cross, base, *long)


def fast_surfer(
    images: Images, out: Path, *, options: Options | None = None, threads: int | None = None
) -> tuple[Command, ...]:
    """Give the command of FastSurfer for one session.

    Parameters
    ----------
    images : Images
        With a T1-weighted image.
    out : Path
        The folder of the subjects.
    options : mapping, optional
        Options by the names of the tools, as in `recon_all`.
    threads : int, optional
        Threads of a program.

    Returns
    -------
    tuple of Command
        One command.

    Examples
    --------
    >>> print(*fast_surfer(Images("sub-01", None, {"t1": "/bids/T1w.nii.gz"}), Path("/out")))
    run_fastsurfer.sh --t1 /bids/T1w.nii.gz --sid sub-01 --sd /out
    """
    settings = given(RUN_FASTSURFER, options, t1=image_in(images, "t1"), sid=images.name, sd=out, threads=threads)
    return (run_fastsurfer(**settings),)


def synth_seg(
    images: Images, out: Path, *, options: Options | None = None, threads: int | None = None
) -> tuple[Command, ...]:
    """Give the command of SynthSeg for one session, with its volumes and quality scores.

    Parameters
    ----------
    images : Images
        With a T1-weighted image.
    out : Path
        The folder in which each session has one.
    options : mapping, optional
        Options by the names of the tools, as in `recon_all`.
    threads : int, optional
        Threads of a program.

    Returns
    -------
    tuple of Command
        One command.

    Examples
    --------
    >>> print(*synth_seg(Images("S1", None, {"t1": "/a/T1w.nii.gz"}), Path("/out")))
    mri_synthseg --i /a/T1w.nii.gz --o /out/S1/mri/synthseg.mgz --vol /out/S1/stats/synthseg.vol.csv \
--qc /out/S1/stats/synthseg.qc.csv
    """
    folder = out / images.name
    tables = {name: folder / "stats" / f"synthseg.{name}.csv" for name in ("vol", "qc")}
    own = {"i": image_in(images, "t1"), "o": folder / "mri" / "synthseg.mgz", **tables, "threads": threads}
    return (mri_synthseg(**given(MRI_SYNTHSEG, options, **own)),)


def freesurfer_skull_strip(
    images: Images, out: Path, *, options: Options | None = None, threads: int | None = None
) -> tuple[Command, ...]:
    """Give the commands that strip the skull with FreeSurfer and keep the grid of the image.

    Parameters
    ----------
    images : Images
        With a T1-weighted image.
    out : Path
        The folder of the subjects; the brain is ``NAME_brain.nii.gz`` in it.
    options : mapping, optional
        Options by the names of the tools, as in `recon_all`.
    threads : int, optional
        Threads of a program.

    Returns
    -------
    tuple of Command
        recon-all's first stage, its mask on the grid of the image, and the image within the mask.

    Examples
    --------
    >>> for line in freesurfer_skull_strip(Images("S1", None, {"t1": "T1w.nii.gz"}), Path("out")):
    ...     print(line)
    recon-all -s S1 -i T1w.nii.gz -sd out -autorecon1
    mri_convert out/S1/mri/brainmask.mgz out/S1_brainmask.nii.gz --like T1w.nii.gz
    fslmaths T1w.nii.gz -mas out/S1_brainmask.nii.gz out/S1_brain.nii.gz
    """
    image, name = image_in(images, "t1"), images.name
    mask, brain = out / f"{name}_brainmask.nii.gz", out / f"{name}_brain.nii.gz"
    own = {"s": name, "i": [image], "sd": out, "autorecon1": True, "openmp": threads}
    return (
        recon.recon_all(**given(recon.RECON_ALL, options, **own)),
        freesurfer.mri_convert(
            out / name / "mri" / "brainmask.mgz", mask, **given(freesurfer.MRI_CONVERT, options, like=image)
        ),
        arithmetic.fslmaths(image, brain, **given(arithmetic.FSLMATHS, options, mas=mask)),
    )


def fsl_structural(
    images: Images,
    out: Path,
    *,
    options: Options | None = None,
    threads: int | None = None,
    extract: bool = True,
) -> tuple[Command, ...]:
    """Give the commands of FSL for one session: brain, tissues, and subcortical structures.

    Parameters
    ----------
    images : Images
        With a T1-weighted image.
    out : Path
        The folder in which each session has one.
    options : mapping, optional
        Options by the names of the tools: ``{"bet": {"f": 0.3}}``.
    threads : int, optional
        Not used: these tools have one thread.
    extract : bool
        Extract the brain, with ``bet``; no if the images are brains already.

    Returns
    -------
    tuple of Command
        ``fslreorient2std``, since FIRST needs an image that lies like the standard ones, and writes beside it;
        ``bet`` (unless the images are brains); ``fast`` on the brain; and ``run_first_all`` on the head, or on the
        brain if there is no head or ``run_first_all`` is given ``b``.

    Examples
    --------
    >>> row = Images("S1", None, {"t1": "T1w.nii.gz"})
    >>> for line in fsl_structural(row, Path("out"), options={"bet": {"f": 0.3}}):
    ...     print(line)
    fslreorient2std T1w.nii.gz out/S1/S1_T1w.nii.gz
    bet out/S1/S1_T1w.nii.gz out/S1/S1_brain.nii.gz -m -f 0.3
    fast -t 1 -o out/S1/S1 out/S1/S1_brain.nii.gz
    FSLSUBALREADYRUN=true run_first_all -i out/S1/S1_T1w.nii.gz -o out/S1/S1
    """
    del threads
    stem = stem_in(out, images)
    image = fsl.image_of(f"{stem}_T1w")
    brain = brain_in(out, images) if extract else image
    has_no_head = not extract or (options or {}).get(first.RUN_FIRST_ALL.name, {}).get("b", False)
    own = {"i": brain if has_no_head else image, "o": stem, "b": has_no_head}
    return (
        fsl.fslreorient2std(image_in(images, "t1"), image, **given(fsl.FSLREORIENT2STD, options)),
        *([brain_extracted(image, brain, options)] if extract else []),
        fsl.fast(brain, **given(fsl.FAST, options, t=1, o=stem)),
        first.run_first_all(**given(first.RUN_FIRST_ALL, options, **own)),
    )
