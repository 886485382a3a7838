"""FSL's registration of images: flirt and fnirt."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal, Required, TypedDict, Unpack

from fsstats.errors import TableError
from fsstats.runners._flags import Flag, PathLike
from fsstats.runners.command import Command, Tool, command
from fsstats.runners.programs.fsl import FSL, image_of, images_of, stem_of

_Cost = Literal["mutualinfo", "corratio", "normcorr", "normmi", "leastsq", "labeldiff", "bbr"]
_Angles = tuple[float, float]
_OnOff = Literal[0, 1]
_Numbers = Sequence[float]
DataType = Literal["char", "short", "int", "float", "double"]
"""What the numbers of an image may be written as."""


def written(options: Mapping[str, object], images: Iterable[str] = (), files: Iterable[str] = ()) -> list[Path]:
    """Name the outputs that were asked for: images get the suffix that FSL gives them, other files keep their names."""
    named = [image_of(str(options[name])) for name in images if options.get(name)]
    return named + [Path(str(options[name])) for name in files if options.get(name)]


class FlirtOptions(TypedDict, total=False):
    """Options of ``flirt``."""

    in_: Required[Annotated[PathLike, Flag("-in", "The image to be moved.", role="in")]]
    ref: Required[Annotated[PathLike, Flag("-ref", "The image to which it is moved.", role="in")]]
    init: Annotated[PathLike, Flag("-init", "A matrix to start from, or to apply.", role="in", is_of_one=True)]
    omat: Annotated[PathLike, Flag("-omat", "The matrix to be written.", role="out")]
    out: Annotated[PathLike, Flag("-out", "The moved image to be written.", role="out", also=("-o",))]
    datatype: Annotated[DataType, Flag("-datatype", "Type of the numbers in the moved image.")]
    cost: Annotated[_Cost, Flag("-cost", "What measures how well the images match; corratio unless given.")]
    searchcost: Annotated[_Cost, Flag("-searchcost", "The same while angles are searched; corratio unless given.")]
    usesqform: Annotated[bool, Flag("-usesqform", "Start from the positions in the images' headers.")]
    displayinit: Annotated[bool, Flag("-displayinit", "Print the matrix from which it starts.")]
    anglerep: Annotated[Literal["quaternion", "euler"], Flag("-anglerep", "How angles are described; euler.")]
    interp: Annotated[
        Literal["trilinear", "nearestneighbour", "sinc", "spline"],
        Flag("-interp", "Interpolation of the moved image; nearestneighbour keeps labels whole."),
    ]
    sincwidth: Annotated[int, Flag("-sincwidth", "Full width of the sinc window in voxels; 7.", low=1)]
    sincwindow: Annotated[Literal["rectangular", "hanning", "blackman"], Flag("-sincwindow", "Its shape.")]
    bins: Annotated[int, Flag("-bins", "Number of bins of the histogram; 256.", low=1)]
    dof: Annotated[
        int, Flag("-dof", "Degrees of freedom: 6 rigid, 7 and a scale, 9 and three scales, 12 affine.", low=6, high=12)
    ]
    noresample: Annotated[bool, Flag("-noresample", "Do not resample the images to begin with.")]
    forcescaling: Annotated[bool, Flag("-forcescaling", "Rescale images of low resolution too.")]
    minsampling: Annotated[float, Flag("-minsampling", "Finest sampling in mm.", low=0)]
    applyxfm: Annotated[bool, Flag("-applyxfm", "Only apply the matrix of -init.")]
    applyisoxfm: Annotated[float, Flag("-applyisoxfm", "The same, to cubic voxels of this size in mm.", low=0)]
    paddingsize: Annotated[float, Flag("-paddingsize", "Voxels round the image that are interpolated too.", low=0)]
    searchrx: Annotated[_Angles, Flag("-searchrx", "Angles about x in degrees that are searched; -90 and 90.")]
    searchry: Annotated[_Angles, Flag("-searchry", "The same about y.")]
    searchrz: Annotated[_Angles, Flag("-searchrz", "The same about z.")]
    nosearch: Annotated[bool, Flag("-nosearch", "Search no angles.")]
    coarsesearch: Annotated[float, Flag("-coarsesearch", "Coarse step of angles in degrees; 60.", low=0)]
    finesearch: Annotated[float, Flag("-finesearch", "Fine step of angles in degrees; 18.", low=0)]
    schedule: Annotated[PathLike, Flag("-schedule", "A file of steps in place of the usual ones.", role="in")]
    refweight: Annotated[PathLike, Flag("-refweight", "Weights in the reference image.", role="in")]
    inweight: Annotated[PathLike, Flag("-inweight", "Weights in the image that is moved.", role="in", is_of_one=True)]
    wmseg: Annotated[PathLike, Flag("-wmseg", "White matter, for the cost bbr.", role="in", is_of_one=True)]
    wmcoords: Annotated[PathLike, Flag("-wmcoords", "Points on its boundary, for bbr.", role="in", is_of_one=True)]
    wmnorms: Annotated[
        PathLike, Flag("-wmnorms", "Directions across its boundary, for bbr.", role="in", is_of_one=True)
    ]
    fieldmap: Annotated[
        PathLike, Flag("-fieldmap", "Field map in rad/s, in the reference's space.", role="in", is_of_one=True)
    ]
    fieldmapmask: Annotated[PathLike, Flag("-fieldmapmask", "Where the field map holds.", role="in", is_of_one=True)]
    pedir: Annotated[Literal[1, 2, 3, -1, -2, -3], Flag("-pedir", "Phase encoding: 1, 2, 3 are x, y, z; - reversed.")]
    echospacing: Annotated[float, Flag("-echospacing", "Echo spacing of the EPI in seconds.", low=0)]
    bbrtype: Annotated[Literal["signed", "global_abs", "local_abs"], Flag("-bbrtype", "Kind of the cost bbr.")]
    bbrslope: Annotated[float, Flag("-bbrslope", "Slope of the cost bbr.")]
    setbackground: Annotated[float, Flag("-setbackground", "Value outside the field of view.")]
    noclamp: Annotated[bool, Flag("-noclamp", "Do not limit intensities.")]
    noresampblur: Annotated[bool, Flag("-noresampblur", "Do not smooth before a coarser sampling.")]
    rigid_2d: Annotated[bool, Flag("-2D", "Rigid within the plane; -dof is ignored.")]
    verbose: Annotated[int, Flag("-verbose", "How much to say; 0 is least.", low=0)]
    v: Annotated[bool, Flag("-v", "As -verbose 1.")]


FLIRT: Final = Tool(
    program="flirt",
    suite=FSL,
    says="Register an image to another by a rigid or affine transformation.",
    options=FlirtOptions,
    cites=("10.1006/nimg.2002.1132",),
)


def flirt(**options: Unpack[FlirtOptions]) -> Command:
    """Register an image to another by a rigid or affine transformation (FSL's ``flirt``).

    Parameters
    ----------
    **options : FlirtOptions
        The options of ``flirt``, written in the order in which they are given; ``in_`` for ``-in`` and ``rigid_2d``
        for ``-2D``.

    Returns
    -------
    Command
        Its outputs are ``out`` (an image) and ``omat`` (a matrix), as asked for.

    Raises
    ------
    UnknownNameError, TableError
        If there is no such option, it cannot have such a value, one that is needed is missing, or ``applyxfm`` and
        ``applyisoxfm`` have no matrix to apply.

    Notes
    -----
    ``-dof`` below 6 or above 12 is refused: ``flirt`` would put 6 or 12 in its place. With ``-2D`` it ignores ``-dof``.

    References
    ----------
    Jenkinson M, Bannister P, Brady M, Smith S (2002). Improved optimization for the robust and accurate linear
    registration and motion correction of brain images. NeuroImage 17, 825-841. doi:10.1006/nimg.2002.1132

    Examples
    --------
    >>> print(flirt(in_="FA.nii.gz", ref="FMRIB58_FA_1mm.nii.gz", dof=12, omat="indiv2std.mat"))
    flirt -in FA.nii.gz -ref FMRIB58_FA_1mm.nii.gz -dof 12 -omat indiv2std.mat
    """
    said = FLIRT.read(options)
    applied = [name for name in ("applyxfm", "applyisoxfm") if options.get(name)]
    if applied and not (options.get("init") or options.get("usesqform")):
        message = f"flirt: expected a matrix for -{applied[0]}, found none: give init, or usesqform"
        raise TableError(message)
    return command(
        FLIRT,
        said.arguments,
        inputs=said.inputs,
        outputs=written(options, images=("out",), files=("omat",)),
        remarks=_about_flirt(options),
    )


def _about_flirt(options: FlirtOptions) -> list[str]:
    """Say what flirt does with these options that may surprise."""
    remarks = []
    if options.get("rigid_2d") and options.get("dof") is not None:
        remarks.append("flirt ignores -dof with -2D")
    if not (options.get("out") or options.get("omat")):
        remarks.append("flirt writes no file without -out or -omat: it prints the matrix")
    if options.get("cost") == "bbr" and not (options.get("wmseg") or options.get("wmcoords")):
        remarks.append("flirt needs the white matter for -cost bbr: give wmseg, or wmcoords and wmnorms")
    if options.get("displayinit"):
        remarks.append("flirt of FSL 6.0 refuses -displayinit, though its help names it")
    return remarks


class FnirtOptions(TypedDict, total=False):
    """Options of ``fnirt``."""

    ref: Annotated[PathLike, Flag("--ref", "The image to which it is warped; a name in FSL's standard folder will do.")]
    in_: Required[Annotated[PathLike, Flag("--in", "The image to be warped.", role="in")]]
    aff: Annotated[PathLike, Flag("--aff", "The affine matrix to start from, of flirt.", role="in")]
    inwarp: Annotated[PathLike, Flag("--inwarp", "A warp to start from.", role="in", is_of_one=True)]
    intin: Annotated[PathLike, Flag("--intin", "A mapping of intensities to start from.", is_of_one=True)]
    cout: Annotated[PathLike, Flag("--cout", "The warp's coefficients to be written.", role="out")]
    iout: Annotated[PathLike, Flag("--iout", "The warped image to be written.", role="out")]
    fout: Annotated[PathLike, Flag("--fout", "The warp as a field to be written.", role="out")]
    jout: Annotated[PathLike, Flag("--jout", "The warp's Jacobian to be written.", role="out")]
    refout: Annotated[PathLike, Flag("--refout", "The reference with its intensities matched.", role="out")]
    intout: Annotated[
        PathLike, Flag("--intout", "Beginning of the names for the mapping of intensities.", is_of_one=True)
    ]
    logout: Annotated[PathLike, Flag("--logout", "The log to be written.", role="out")]
    config: Annotated[PathLike, Flag("--config", "A file of options, also one of $FSLDIR/etc/flirtsch.")]
    refmask: Annotated[PathLike, Flag("--refmask", "A mask in the reference's space.")]
    inmask: Annotated[
        PathLike, Flag("--inmask", "A mask in the space of the image to be warped.", role="in", is_of_one=True)
    ]
    applyrefmask: Annotated[Sequence[int], Flag("--applyrefmask", "Use --refmask, at each level.", 0, 1, join=",")]
    applyinmask: Annotated[Sequence[int], Flag("--applyinmask", "Use --inmask, at each level.", 0, 1, join=",")]
    imprefm: Annotated[_OnOff, Flag("--imprefm", "Leave out voxels of the reference that have --imprefval; 1.")]
    impinm: Annotated[_OnOff, Flag("--impinm", "Leave out voxels of the image that have --impinval; 1.")]
    imprefval: Annotated[float, Flag("--imprefval", "The value of the reference that is left out; 0.")]
    impinval: Annotated[float, Flag("--impinval", "The value of the image that is left out; 0.")]
    minmet: Annotated[Literal["lm", "scg"], Flag("--minmet", "Levenberg-Marquardt or scaled conjugate gradient.")]
    miter: Annotated[Sequence[int], Flag("--miter", "Greatest number of rounds at each level; 5,5,5,5.", 0, join=",")]
    subsamp: Annotated[Sequence[int], Flag("--subsamp", "Sub-sampling at each level; 4,2,1,1.", 1, join=",")]
    warpres: Annotated[_Numbers, Flag("--warpres", "Resolution of the warp in x, y, z in mm; 10,10,10.", 0, join=",")]
    splineorder: Annotated[Literal[2, 3], Flag("--splineorder", "Quadratic or cubic splines; 3.")]
    infwhm: Annotated[_Numbers, Flag("--infwhm", "Smoothing of the image (FWHM, mm) at each level.", 0, join=",")]
    reffwhm: Annotated[_Numbers, Flag("--reffwhm", "Smoothing of the reference (FWHM, mm) at each level.", 0, join=",")]
    regmod: Annotated[
        Literal["membrane_energy", "bending_energy"], Flag("--regmod", "What keeps the warp smooth; bending_energy.")
    ]
    lambda_: Annotated[_Numbers, Flag("--lambda", "How much the warp is kept smooth, at each level.", join=",")]
    ssqlambda: Annotated[_OnOff, Flag("--ssqlambda", "Weight --lambda by the present misfit; 1.")]
    jacrange: Annotated[_Numbers, Flag("--jacrange", "Least and greatest Jacobian, or -1 for any; 0.01,100.", join=",")]
    refderiv: Annotated[_OnOff, Flag("--refderiv", "Take derivatives from the reference; 0.")]
    intmod: Annotated[
        Literal[
            "none",
            "global_linear",
            "global_non_linear",
            "local_linear",
            "global_non_linear_with_bias",
            "local_non_linear",
        ],
        Flag("--intmod", "How intensities are matched."),
    ]
    intorder: Annotated[int, Flag("--intorder", "Order of the polynomial that matches intensities; 5.", 0)]
    biasres: Annotated[_Numbers, Flag("--biasres", "Resolution of the bias field in mm; 50,50,50.", 0, join=",")]
    biaslambda: Annotated[float, Flag("--biaslambda", "How much the bias field is kept smooth; 10000.")]
    estint: Annotated[Sequence[int], Flag("--estint", "Estimate the intensities, at each level; 1.", 0, 1, join=",")]
    numprec: Annotated[Literal["double", "float"], Flag("--numprec", "Precision of the Hessian; double.")]
    interp: Annotated[Literal["linear", "spline"], Flag("--interp", "Interpolation; linear.")]
    verbose: Annotated[bool, Flag("--verbose", "Say more.", also=("-v",))]


FNIRT: Final = Tool(
    program="fnirt",
    suite=FSL,
    says="Register an image to another by a non-linear warp.",
    options=FnirtOptions,
    has_equals=True,
    cites=("10.1016/j.neuroimage.2011.09.015",),
)


def fnirt(**options: Unpack[FnirtOptions]) -> Command:
    """Register an image to another by a non-linear warp (FSL's ``fnirt``).

    Parameters
    ----------
    **options : FnirtOptions
        The options of ``fnirt``, written in the order in which they are given; ``in_`` for ``--in`` and ``lambda_``
        for ``--lambda``. Several numbers are given as a list, one for each level of sub-sampling.

    Returns
    -------
    Command
        Its outputs are those asked for. The coefficients of the warp are written even if they are not: beside the
        image, as ``<image>_warpcoef``; and so is a log, ``<image>_to_<reference>.log``, unless ``logout`` names one.

    Raises
    ------
    UnknownNameError, TableError
        If there is no such option, it cannot have such a value, or ``in_`` is missing.

    Notes
    -----
    ``ref``, ``refmask`` and ``config`` may be names in FSL's own folders; they are looked for before a run only where
    they name a folder. ``fnirt`` needs ``ref``, from here or from the file of ``config``.

    References
    ----------
    Jenkinson M, Beckmann CF, Behrens TEJ, Woolrich MW, Smith SM (2012). FSL. NeuroImage 62, 782-790.
    doi:10.1016/j.neuroimage.2011.09.015

    Examples
    --------
    >>> line = fnirt(in_="FA.nii.gz", aff="indiv2std.mat", config="FA_2_FMRIB58_1mm.cnf", cout="warp.nii.gz")
    >>> print(line)
    fnirt --in=FA.nii.gz --aff=indiv2std.mat --config=FA_2_FMRIB58_1mm.cnf --cout=warp.nii.gz
    >>> fnirt(ref="MNI152_T1_2mm", in_="T1w.nii.gz", infwhm=[8, 4, 2], iout="T1w_std").outputs[-1].name
    'T1w_warpcoef.nii.gz'
    """
    said = FNIRT.read(options)
    elsewhere = [os.fspath(options[name]) for name in ("ref", "refmask", "config") if options.get(name)]
    outputs = written(options, images=("cout", "iout", "fout", "jout", "refout"), files=("logout",))
    remarks = []
    if not options.get("cout"):
        outputs += images_of(stem_of(options["in_"]), ["_warpcoef"])
    if not (options.get("ref") or options.get("config")):
        remarks.append("fnirt needs --ref, here or in the file of --config")
    return command(
        FNIRT,
        said.arguments,
        inputs=[*(name for name in elsewhere if Path(name).parent != Path()), *said.inputs],
        outputs=outputs,
        remarks=remarks,
    )


TOOLS: Final = (FLIRT, FNIRT)
