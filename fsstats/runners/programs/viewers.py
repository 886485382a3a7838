"""Viewers: freeview and fsleyes with overlays, printed, or opened where there is a screen."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final, Literal, TypedDict, Unpack

from fsstats.errors import TableError
from fsstats.runners._flags import Flag, PathLike, read
from fsstats.runners.command import Command, Tool, command, positional
from fsstats.runners.programs.freesurfer import FREESURFER
from fsstats.runners.programs.fsl import FSL

_LAYERS: Final = ("v", "f", "l", "w", "c")


class FreeviewOptions(TypedDict, total=False):
    """Options of ``freeview``."""

    v: Annotated[Sequence[PathLike], Flag("-v", "Volumes, each with settings behind colons.", also=("--volume",))]
    f: Annotated[Sequence[PathLike], Flag("-f", "Surfaces, in the same way.", also=("--surface",))]
    l: Annotated[Sequence[PathLike], Flag("-l", "Labels, in the same way.", also=("--label",))]  # noqa: E741 - its letter
    w: Annotated[Sequence[PathLike], Flag("-w", "Way points, in the same way.", also=("--way-points",))]
    c: Annotated[Sequence[PathLike], Flag("-c", "Control points, in the same way.", also=("--control-points",))]
    recon: Annotated[Sequence[str], Flag("-recon", "Subjects of SUBJECTS_DIR.", also=("--recon",))]
    colormap: Annotated[
        Literal["grayscale", "lut", "heat", "jet", "gecolor", "nih", "pet", "binary"],
        Flag("-colormap", "The colours of the volumes that follow.", also=("--colormap",)),
    ]
    edgecolor: Annotated[str, Flag("-edgecolor", "The colour of the surfaces' outlines.", also=("--edgecolor",))]
    layout: Annotated[int, Flag("-layout", "1: one view; 2 to 4: four views.", low=1, high=4, also=("--layout",))]
    viewport: Annotated[
        Literal["sagittal", "coronal", "axial", "x", "y", "z", "3d"],
        Flag("-viewport", "The main view.", also=("--viewport",)),
    ]
    view: Annotated[
        Literal["left", "right", "lateral", "medial", "anterior", "posterior", "inferior", "superior"],
        Flag("-view", "From where the surfaces are seen.", also=("--view",)),
    ]
    viewsize: Annotated[
        tuple[int, int], Flag("-viewsize", "Width and height of the main view.", low=1, also=("--viewsize",))
    ]
    zoom: Annotated[float, Flag("-zoom", "How much to magnify.", low=0, also=("--zoom",))]
    ss: Annotated[PathLike, Flag("-ss", "Save a picture and close.", role="out", also=("--screenshot",))]
    r: Annotated[bool, Flag("-r", "Resample oblique volumes.", also=("--resample",))]
    trilinear: Annotated[bool, Flag("-trilinear", "Interpolate volumes linearly.", also=("--trilinear",))]
    cubic: Annotated[bool, Flag("-cubic", "Interpolate volumes by cubic splines.", also=("--cubic",))]


class FsleyesOptions(TypedDict, total=False):
    """Options of ``fsleyes`` for the whole scene."""

    scene: Annotated[str, Flag("--scene", "ortho, lightbox, 3d or a layout's name.", also=("-s",))]
    std: Annotated[bool, Flag("-std", "Put the MNI152 image of 2 mm below.", also=("--standard",))]
    std1mm: Annotated[bool, Flag("-std1mm", "Put the MNI152 image of 1 mm below.", also=("--standard1mm",))]
    vl: Annotated[
        tuple[int, int, int], Flag("-vl", "The voxel of the first image to show.", low=0, also=("--voxelLoc",))
    ]
    wl: Annotated[tuple[float, float, float], Flag("-wl", "The place to show in mm.", also=("--worldLoc",))]
    ad: Annotated[bool, Flag("-ad", "Choose colours by what the images are.", also=("--autoDisplay",))]
    hc: Annotated[bool, Flag("-hc", "No cross.", also=("--hideCursor",))]
    xh: Annotated[bool, Flag("-xh", "No sagittal view.", also=("--hidex",))]
    yh: Annotated[bool, Flag("-yh", "No coronal view.", also=("--hidey",))]
    zh: Annotated[bool, Flag("-zh", "No axial view.", also=("--hidez",))]


class OverlayOptions(TypedDict, total=False):
    """Options of ``fsleyes`` for one image; they stand behind it."""

    n: Annotated[str, Flag("-n", "What to call it.", also=("--name",))]
    d: Annotated[bool, Flag("-d", "Hide it at first.", also=("--disabled",))]
    ot: Annotated[
        Literal["volume", "mask", "label", "rgbvector", "linevector", "tensor", "sh", "mesh", "giftimesh"],
        Flag("-ot", "What kind of image it is.", also=("--overlayType",)),
    ]
    a: Annotated[float, Flag("-a", "Its opacity in per cent.", low=0, high=100, also=("--alpha",))]
    b: Annotated[float, Flag("-b", "Its brightness in per cent.", low=0, high=100, also=("--brightness",))]
    c: Annotated[float, Flag("-c", "Its contrast in per cent.", low=0, high=100, also=("--contrast",))]
    vol: Annotated[int, Flag("--volume", "The volume of a series, from 0.", low=0)]
    cm: Annotated[str, Flag("-cm", "Its colours: greyscale, random, hot, red-yellow ...", also=("--cmap",))]
    nc: Annotated[str, Flag("-nc", "The colours of values below 0.", also=("--negativeCmap",))]
    un: Annotated[bool, Flag("-un", "Use these colours.", also=("--useNegativeCmap",))]
    dr: Annotated[tuple[float, float], Flag("-dr", "The values that are shown, from and to.", also=("--displayRange",))]
    cr: Annotated[
        tuple[float, float], Flag("-cr", "The values that are not hidden, from and to.", also=("--clippingRange",))
    ]
    interpolation: Annotated[
        Literal["none", "linear", "spline"], Flag("-in", "How it is interpolated.", also=("--interpolation",))
    ]
    l: Annotated[str, Flag("-l", "The names and colours of its labels.", also=("--lut",))]  # noqa: E741 - its letter
    o: Annotated[bool, Flag("-o", "Only the outlines of its labels.", also=("--outline",))]
    w: Annotated[float, Flag("-w", "The width of these outlines.", low=0, also=("--outlineWidth",))]
    mc: Annotated[tuple[float, float, float], Flag("-mc", "The mask's colour.", low=0, high=1, also=("--maskColour",))]


FREEVIEW: Final = Tool(
    program="freeview",
    suite=FREESURFER,
    says="Look at volumes, surfaces and segmentations of FreeSurfer.",
    options=FreeviewOptions,
    cites=("10.1016/j.neuroimage.2012.01.021",),
)
FSLEYES: Final = Tool(
    program="fsleyes",
    suite=FSL,
    says="Look at images and segmentations.",
    options=FsleyesOptions,
    cites=("10.5281/zenodo.1470761",),
)
TOOLS: Final = (FREEVIEW, FSLEYES)
Layer = PathLike | tuple[PathLike, OverlayOptions]


def freeview(**options: Unpack[FreeviewOptions]) -> Command:
    """Look at volumes, surfaces and segmentations (FreeSurfer's ``freeview``).

    Parameters
    ----------
    **options : FreeviewOptions
        The options of ``freeview``, written in the order in which they are given. ``v``, ``f`` and ``l`` take one or
        several files, each with settings behind colons: ``aparc+aseg.mgz:colormap=lut:opacity=0.2``.

    Returns
    -------
    Command
        To be shown with ``print``, or opened with `view`.

    Raises
    ------
    UnknownNameError, TableError
        If there is no such option, or it cannot have such a value.

    Notes
    -----
    freeview knows settings as ``name=value`` only, and does not load a file with any other: ``:colormap:lut``, as it
    is found in some instructions, has to be ``:colormap=lut``. The command is written as asked, and its `remarks`
    say so.

    References
    ----------
    Fischl B (2012). FreeSurfer. NeuroImage 62, 774-781. doi:10.1016/j.neuroimage.2012.01.021

    Examples
    --------
    >>> print(freeview(v=["bert/mri/brain.mgz", "bert/mri/aparc+aseg.mgz:colormap=lut:opacity=0.2"]))
    freeview -v bert/mri/brain.mgz bert/mri/aparc+aseg.mgz:colormap=lut:opacity=0.2
    """
    said = FREEVIEW.read(options)
    layers = [os.fspath(one) for name in _LAYERS for one in _several(options.get(name))]
    return command(
        FREEVIEW,
        said.arguments,
        inputs=[layer.split(":")[0] for layer in layers],
        outputs=said.outputs,
        remarks=list(_unread(layers)),
    )


def _several(value: object) -> Sequence[PathLike]:
    if isinstance(value, str | os.PathLike):
        return [value]
    return list(value) if isinstance(value, Sequence) else []


def _unread(layers: Sequence[str]) -> Iterator[str]:
    for layer in layers:
        name, *settings = layer.split(":")
        odd = [setting for setting in settings if setting and "=" not in setting]
        if odd:
            yield f"freeview expects name=value behind each colon, and does not load {name} with {', '.join(odd)}"


def fsleyes(*overlays: Layer, **options: Unpack[FsleyesOptions]) -> Command:
    """Look at images and segmentations (FSL's ``fsleyes``).

    Parameters
    ----------
    *overlays : path, or path and dict
        The images from the lowest to the highest; one with options of its own as ``(path, {"cm": "random"})``, by
        the names in ``OverlayOptions``.
    **options : FsleyesOptions
        The options of ``fsleyes`` for the whole scene; they stand in front of the images.

    Returns
    -------
    Command
        To be shown with ``print``, or opened with `view`.

    Raises
    ------
    UnknownNameError, TableError
        If there is no such option, it cannot have such a value, or no image is named.

    References
    ----------
    McCarthy P. FSLeyes. Zenodo. doi:10.5281/zenodo.1470761

    Examples
    --------
    >>> print(fsleyes("T1_skull_stripped.nii.gz", ("output_all_fast_firstseg.nii.gz", {"cm": "random"})))
    fsleyes T1_skull_stripped.nii.gz output_all_fast_firstseg.nii.gz -cm random
    """
    said = FSLEYES.read(options)
    layers = [one if isinstance(one, tuple) else (one, OverlayOptions()) for one in overlays]
    if not layers and not (options.get("std") or options.get("std1mm")):
        message = "fsleyes: expected an image, found none"
        raise TableError(message)
    words = [word for path, own in layers for word in (positional("fsleyes", "an image", path), *_own(own))]
    return command(FSLEYES, [*said.arguments, *words], inputs=[path for path, _ in layers])


def _own(options: Mapping[str, object]) -> tuple[str, ...]:
    return read("fsleyes", OverlayOptions, options).arguments


def view(viewer: Command) -> bool:
    """Open a viewer where there is a screen, and otherwise print the line that opens it.

    Parameters
    ----------
    viewer : Command
        A command of `freeview` or `fsleyes`.

    Returns
    -------
    bool
        Whether it was opened. The viewer goes on by itself; nothing waits for it.

    Examples
    --------
    >>> from fsstats.runners.programs.viewers import fsleyes, view
    >>> view(fsleyes("T1w.nii.gz"))  # doctest: +SKIP
    fsleyes T1w.nii.gz
    False
    """
    program = shutil.which(viewer.argv[0])
    if program is None or not _has_screen():
        sys.stdout.write(f"{viewer}\n")
        return False
    process = subprocess.Popen(  # noqa: S603 - a list of arguments; no shell reads it
        [program, *viewer.argv[1:]],
        cwd=viewer.folder,
        env={**os.environ, **viewer.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    threading.Thread(target=process.wait, daemon=True).start()  # its end is taken note of
    return True


def _has_screen() -> bool:
    """Say whether a window can be opened: always on macOS and Windows, elsewhere where a display is set."""
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
