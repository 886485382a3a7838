"""FreeSurfer's two scripts that put the stats files of several subjects into a table."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal, Required, TypedDict, Unpack

from fsstats.runners._flags import Flag, PathLike
from fsstats.runners.command import Command, Tool, command
from fsstats.runners.programs.freesurfer import FREESURFER


class TableOptions(TypedDict, total=False):
    """Options that both scripts have."""

    subjects: Annotated[Sequence[str], Flag("--subjects", "The subjects.")]
    s: Annotated[Sequence[str], Flag("-s", "A subject.", is_repeated=True)]
    subjectsfile: Annotated[PathLike, Flag("--subjectsfile", "A file with a subject a line.", role="in")]
    qdec: Annotated[PathLike, Flag("--qdec", "A qdec table with the subjects in column fsid.", role="in")]
    qdec_long: Annotated[
        PathLike, Flag("--qdec-long", "A longitudinal qdec table, with columns fsid and fsid-base.", role="in")
    ]
    fsgd: Annotated[PathLike, Flag("--fsgd", "A group descriptor file with the subjects.", role="in")]
    tablefile: Required[Annotated[PathLike, Flag("--tablefile", "The table to write.", role="out", also=("-t",))]]
    delimiter: Annotated[
        Literal["tab", "comma", "space", "semicolon"], Flag("--delimiter", "What separates cells.", also=("-d",))
    ]
    skip: Annotated[bool, Flag("--skip", "Leave out subjects without a stats file.")]
    transpose: Annotated[bool, Flag("--transpose", "A line a structure instead of a line a subject.")]
    etiv: Annotated[bool, Flag("--etiv", "In per cent of the estimated intracranial volume.")]
    scale: Annotated[float, Flag("--scale", "Multiply every value by this.")]
    append: Annotated[bool, Flag("--append", "Write behind what the table holds.")]
    debug: Annotated[bool, Flag("--debug", "Say more.", also=("-v",))]


class AsegOptions(TableOptions, total=False):
    """Options of ``asegstats2table``."""

    inputs: Annotated[Sequence[PathLike], Flag("--inputs", "Stats files instead of subjects.", role="in")]
    i: Annotated[Sequence[PathLike], Flag("-i", "A stats file.", role="in", is_repeated=True)]
    sd: Annotated[PathLike, Flag("--sd", "The folder of the subjects, instead of SUBJECTS_DIR.", role="in")]
    meas: Annotated[
        Literal["volume", "Area_mm2", "nvoxels", "nvertices", "mean", "std", "snr", "max"],
        Flag("--meas", "The measure.", also=("-m",)),
    ]
    statsfile: Annotated[str, Flag("--statsfile", "The stats file, instead of aseg.stats.", also=("--stats",))]
    subdir: Annotated[str, Flag("--subdir", "The subject's folder of stats files, instead of stats.")]
    segno: Annotated[Sequence[int], Flag("--segno", "Only these labels.")]
    no_segno: Annotated[Sequence[int], Flag("--no-segno", "All but these labels.")]
    maxsegno: Annotated[int, Flag("--maxsegno", "Labels up to this number.")]
    segids_from_file: Annotated[PathLike, Flag("--segids-from-file", "Only the labels of this file.", role="in")]
    common_segs: Annotated[bool, Flag("--common-segs", "Structures that all subjects have.")]
    all_segs: Annotated[bool, Flag("--all-segs", "Structures that any subject has, with 0 where it has not.")]
    stiv: Annotated[bool, Flag("--stiv", "In per cent of the segmented intracranial volume.")]
    no_vol_extras: Annotated[bool, Flag("--no-vol-extras", "No measures of the whole brain.")]
    replace53: Annotated[bool, Flag("--replace53", "Structures of FreeSurfer 5.3 under their later names.")]


class AparcOptions(TableOptions, total=False):
    """Options of ``aparcstats2table``."""

    hemi: Required[Annotated[Literal["lh", "rh"], Flag("--hemi", "The hemisphere.")]]
    parc: Annotated[str, Flag("--parc", "The atlas, instead of aparc.", also=("-p",))]
    measure: Annotated[
        Literal[
            "area",
            "volume",
            "thickness",
            "thicknessstd",
            "thickness.T1",
            "meancurv",
            "gauscurv",
            "foldind",
            "curvind",
        ],
        Flag("--measure", "The measure.", also=("-m", "--meas")),
    ]
    parcid_only: Annotated[bool, Flag("--parcid-only", "Columns without hemisphere and measure in their names.")]
    common_parcs: Annotated[bool, Flag("--common-parcs", "Regions that all subjects have.")]
    parcs_from_file: Annotated[PathLike, Flag("--parcs-from-file", "Only the regions of this file.", role="in")]
    report_rois: Annotated[bool, Flag("--report-rois", "Print which regions a subject lacks.")]


ASEGSTATS2TABLE: Final = Tool(
    program="asegstats2table",
    suite=FREESURFER,
    says="Put one measure of the structures of several subjects into a table.",
    options=AsegOptions,
    cites=("10.1016/j.neuroimage.2012.01.021",),
)
APARCSTATS2TABLE: Final = Tool(
    program="aparcstats2table",
    suite=FREESURFER,
    says="Put one measure of the cortical regions of several subjects into a table.",
    options=AparcOptions,
    cites=("10.1016/j.neuroimage.2012.01.021",),
)
TOOLS: Final = (ASEGSTATS2TABLE, APARCSTATS2TABLE)


def asegstats2table(**options: Unpack[AsegOptions]) -> Command:
    """Put one measure of the structures of several subjects into a table (FreeSurfer's ``asegstats2table``).

    Parameters
    ----------
    **options : AsegOptions
        The options of ``asegstats2table`` with ``_`` for ``-``, written in the order in which they are given.

    Returns
    -------
    Command
        To be run with `run`, shown with ``print``, or sent to a cluster. Its `inputs` are the stats files of the
        subjects named, unless ``skip`` is given or it is not known where the subjects are.

    Raises
    ------
    UnknownNameError, TableError
        If there is no such option, it cannot have such a value, or no table is named.

    Notes
    -----
    The script writes 0 where ``all_segs`` finds no value. The tables of fsstats (`freesurfer_tables`) are the same
    files without FreeSurfer, and with missing values where there are none.

    References
    ----------
    Fischl B (2012). FreeSurfer. NeuroImage 62, 774-781. doi:10.1016/j.neuroimage.2012.01.021

    Examples
    --------
    >>> print(asegstats2table(subjects=["bert", "ernie"], meas="volume", tablefile="aseg.tsv"))
    asegstats2table --subjects bert ernie --meas volume --tablefile aseg.tsv
    """
    said = ASEGSTATS2TABLE.read(options)
    stats = Path(options.get("subdir", "stats"), options.get("statsfile", "aseg.stats"))
    return command(
        ASEGSTATS2TABLE,
        said.arguments,
        inputs=[*said.inputs, *_stats_of(options, options.get("sd"), stats)],
        outputs=said.outputs,
    )


def aparcstats2table(*, subjects_dir: PathLike | None = None, **options: Unpack[AparcOptions]) -> Command:
    """Put one measure of the cortical regions of several subjects into a table (FreeSurfer's ``aparcstats2table``).

    Parameters
    ----------
    subjects_dir : path, optional
        The folder of the subjects. The script has no option for it: the command is run with SUBJECTS_DIR set.
    **options : AparcOptions
        The options of ``aparcstats2table`` with ``_`` for ``-``, written in the order in which they are given.

    Returns
    -------
    Command
        To be run with `run`, shown with ``print``, or sent to a cluster. Its `inputs` are the stats files of the
        subjects named, unless ``skip`` is given or it is not known where the subjects are.

    Raises
    ------
    UnknownNameError, TableError
        If there is no such option, it cannot have such a value, or hemisphere or table are not named.

    Notes
    -----
    The script writes 0 for a region that a subject lacks, unless ``common_parcs`` is given.

    References
    ----------
    Fischl B (2012). FreeSurfer. NeuroImage 62, 774-781. doi:10.1016/j.neuroimage.2012.01.021

    Examples
    --------
    >>> print(aparcstats2table(hemi="lh", s=["bert", "ernie"], measure="thickness", tablefile="lh.tsv"))
    aparcstats2table --hemi lh -s bert -s ernie --measure thickness --tablefile lh.tsv
    """
    said = APARCSTATS2TABLE.read(options)
    stats = Path("stats", f"{options['hemi']}.{options.get('parc', 'aparc')}.stats")
    return command(
        APARCSTATS2TABLE,
        said.arguments,
        inputs=[*said.inputs, *_stats_of(options, subjects_dir, stats)],
        outputs=said.outputs,
        environment={} if subjects_dir is None else {"SUBJECTS_DIR": os.fspath(subjects_dir)},
    )


def _stats_of(options: Mapping[str, object], subjects_dir: PathLike | None, stats: Path) -> Iterable[Path]:
    """Name the stats files of the subjects that are named themselves."""
    folder = subjects_dir or os.environ.get("SUBJECTS_DIR")
    named = options.get("subjects") or options.get("s") or ()
    subjects = [named] if isinstance(named, str) else list(named) if isinstance(named, Sequence) else []
    return [Path(folder, subject, stats) for subject in subjects] if folder and not options.get("skip") else []
