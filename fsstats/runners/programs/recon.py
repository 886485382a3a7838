"""FreeSurfer's recon-all: its command line, whom it processes, and how an unfinished subject is gone on with."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Final, Unpack

from fsstats.errors import TableError
from fsstats.runners._flags import Option, options_of
from fsstats.runners.command import Command, Tool, command, remarks_on_names
from fsstats.runners.programs._recon_options import CACHED, EXCLUSIVE, ReconAllOptions
from fsstats.runners.programs._recon_steps import FILES, OFF, STAGES
from fsstats.runners.programs.freesurfer import FREESURFER
from fsstats.schema import HEMIS

RECON_ALL: Final = Tool(
    program="recon-all",
    suite=FREESURFER,
    says="Segment the brain and reconstruct the cortical surfaces, with all statistics.",
    options=ReconAllOptions,
    cites=(
        "10.1016/j.neuroimage.2012.01.021",
        "10.1006/nimg.1998.0395",
        "10.1006/nimg.1998.0396",
        "10.1016/S0896-6273(02)00569-X",
        "10.1016/j.neuroimage.2012.02.084",
    ),
)
TOOLS: Final = (RECON_ALL,)
_NAMES: Final = ("s", "subjid", "base", "base_affine")
_FILES: Final = ("i", "T2", "FLAIR", "xmask", "emregmask", "sd")
_NEW: Final = "with -i, recon-all refuses a subject whose folder is already there; without -i it goes on with it"
_NOWHERE: Final = "neither -sd nor SUBJECTS_DIR is set: recon-all stops, and where its files would be is not known"
_Given = Mapping[str, tuple[str, ...]]


def recon_all(**options: Unpack[ReconAllOptions]) -> Command:
    """Segment the brain and reconstruct the cortical surfaces of a subject (FreeSurfer's ``recon-all``).

    Parameters
    ----------
    **options : ReconAllOptions
        The options of ``recon-all`` by their spelling, with ``_`` for ``-`` (``autorecon2_cp``) and ``at_3T`` for
        ``-3T``, written in the order in which they are given. ``i``, ``tp`` and ``measure`` take one or several.

    Returns
    -------
    Command
        To be run with `run`, shown with ``print``, or sent to a cluster. Its `outputs` are the volumes, surfaces
        and stats files that the steps asked for write in every release since 5.3; with ``-all`` also
        ``scripts/recon-all.done``. None if it is not known where the subjects are.

    Raises
    ------
    UnknownNameError, TableError
        If there is no such option, it cannot have such a value, no subject is named, or ``recon-all`` refuses
        what is asked for together (``-T2pial`` and ``-FLAIRpial``).

    Notes
    -----
    With ``-i``, ``recon-all`` refuses a subject whose folder is already there; `continued` gives the command that
    goes on with it. Steps are switched in the order of the options: ``-noskullstrip`` in front of ``-autorecon1``
    does nothing, and so does ``-openmp`` in front of ``-parallel``, which sets 4 threads.

    A time point that is run with its template (``-long TIMEPOINT TEMPLATE``) has its own folder
    ``TIMEPOINT.long.TEMPLATE``.

    References
    ----------
    Fischl B (2012). FreeSurfer. NeuroImage 62, 774-781. doi:10.1016/j.neuroimage.2012.01.021

    Dale AM, Fischl B, Sereno MI (1999). Cortical surface-based analysis I: segmentation and surface reconstruction.
    NeuroImage 9, 179-194. doi:10.1006/nimg.1998.0395

    Fischl B, Sereno MI, Dale AM (1999). Cortical surface-based analysis II: inflation, flattening, and a
    surface-based coordinate system. NeuroImage 9, 195-207. doi:10.1006/nimg.1998.0396

    Fischl B et al. (2002). Whole brain segmentation: automated labeling of neuroanatomical structures in the human
    brain. Neuron 33, 341-355. doi:10.1016/S0896-6273(02)00569-X

    Reuter M, Schmansky NJ, Rosas HD, Fischl B (2012). Within-subject template estimation for unbiased longitudinal
    image analysis. NeuroImage 61, 1402-1418. doi:10.1016/j.neuroimage.2012.02.084

    Examples
    --------
    >>> print(recon_all(i="Subj001.nii.gz", subjid="Subj001", all=True, sd="."))
    recon-all -i Subj001.nii.gz -subjid Subj001 -all -sd .
    >>> line = recon_all(long=("sub-01_ses-2", "sub-01"), all=True, sd="subjects")
    >>> print(line)
    recon-all -long sub-01_ses-2 sub-01 -all -sd subjects
    >>> subject_folder(line).as_posix()
    'subjects/sub-01_ses-2.long.sub-01'
    """
    said = RECON_ALL.read(options)
    given = _given(said.arguments)
    _refuse(given)
    subjects = _subjects_dir(given, {})
    return command(
        RECON_ALL,
        said.arguments,
        inputs=[*said.inputs, *_needed(given, subjects)],
        outputs=[*said.outputs, *(_written(given, subjects / _subject(given)) if subjects else ())],
        remarks=[*_remarks(given), *([] if subjects else [_NOWHERE])],
    )


def subject_folder(reconstruction: Command) -> Path | None:
    """Give the folder of the subject that a ``recon-all`` command makes or goes on with.

    Parameters
    ----------
    reconstruction : Command
        A command of `recon_all`.

    Returns
    -------
    Path or None
        The folder below that of the subjects, seen from the caller: ``TIMEPOINT.long.TEMPLATE`` for ``-long``,
        the template's for ``-base``. None if neither ``-sd`` nor SUBJECTS_DIR says where the subjects are, or if it
        is another tool's command.

    Examples
    --------
    >>> subject_folder(recon_all(s="bert", all=True, sd="subjects")).as_posix()
    'subjects/bert'
    """
    if reconstruction.tool.program != RECON_ALL.program:
        return None
    given = _given(reconstruction.arguments)
    subjects = _subjects_dir(given, reconstruction.environment)
    return reconstruction.place(subjects / _subject(given)) if subjects else None


def continued(reconstruction: Command, *, ignore_running: bool = False) -> Command:
    """Give the ``recon-all`` command that goes on with a subject whose folder is already there.

    Parameters
    ----------
    reconstruction : Command
        A command of `recon_all`, which may name images with ``-i``.
    ignore_running : bool
        Add ``-no-isrunning``: a file of the subject says that it is being processed, and that is known to be over.

    Returns
    -------
    Command
        The same command without its ``-i``, since the images were taken over when the subject was made. A file of
        ``-expert`` was taken over as well and would be refused, so ``-xopts-overwrite`` is added.

    Examples
    --------
    >>> line = recon_all(i=["run-1.nii.gz", "run-2.nii.gz"], s="bert", all=True, sd="subjects")
    >>> print(continued(line, ignore_running=True))
    recon-all -s bert -all -sd subjects -no-isrunning
    """
    given = _given(reconstruction.arguments)
    kept = [words for option, words in _parts(reconstruction.arguments) if option is None or option.name != "i"]
    more = ["-xopts-overwrite"] if "expert" in given and "xopts_overwrite" not in given else []
    more += ["-no-isrunning"] if ignore_running and "no_isrunning" not in given else []
    images = {Path(image) for image in given.get("i", ())}
    return replace(
        reconstruction,
        arguments=(*(word for words in kept for word in words), *more),
        inputs=tuple(path for path in reconstruction.inputs if path not in images),
        remarks=tuple(remark for remark in reconstruction.remarks if remark != _NEW),
    )


@cache
def _spellings() -> Mapping[str, Option]:
    options = options_of(ReconAllOptions).values()
    return {spelling: option for option in options for spelling in (option.flag.spelling, *option.flag.also)}


def _parts(arguments: Sequence[str]) -> Iterator[tuple[Option | None, list[str]]]:
    """Take arguments apart: each option with the words that belong to it."""
    waiting = iter(arguments)
    for word in waiting:
        option = _spellings().get(word)
        yield option, [word, *islice(waiting, len(option.kinds) if option else 0)]


def _given(arguments: Sequence[str]) -> _Given:
    """Give the values of each option by its name, in the order of the last time that each was given."""
    given: dict[str, tuple[str, ...]] = {}
    for option, (_, *values) in _parts(arguments):
        if option:
            given[option.name] = (*given.pop(option.name, ()), *values)
    return given


def _subject(given: _Given) -> str:
    """Name the subject's folder: the last name counts, and of a path only its end."""
    for name in reversed(list(given)):
        if name == "long":
            timepoint, template = given[name][-2:]
            return f"{Path(timepoint).name}.long.{Path(template).name}"
        if name in _NAMES:
            return Path(given[name][-1]).name
    message = "recon-all: expected the name of a subject (s or subjid, base, or long), found none"
    raise TableError(message)


def _subjects_dir(given: _Given, environment: Mapping[str, str]) -> Path | None:
    said = given.get("sd", ())[-1:] or (environment.get("SUBJECTS_DIR") or os.environ.get("SUBJECTS_DIR", ""),)
    return Path(said[0]) if said[0] else None


def _refuse(given: _Given) -> None:
    """Refuse what recon-all would refuse for every subject."""
    for one, other in EXCLUSIVE:
        if one in given and other in given:
            spelled = [options_of(ReconAllOptions)[name].flag.spelling for name in (one, other)]
            message = f"recon-all: expected at most one of {spelled[0]} and {spelled[1]}, found both"
            raise TableError(message)
    subject, timepoints = _subject(given), [Path(one).name for one in given.get("tp", ())]
    template = {"base", "base_affine"} & set(given)
    if template and (not timepoints or subject in timepoints):
        message = f"recon-all: expected time points (tp) of other names than their template's, found {timepoints}"
        raise TableError(message)
    if ".long." in subject and "long" not in given:
        message = f"recon-all: expected long=(time point, template) for a longitudinal run, found the name {subject!r}"
        raise TableError(message)


def _needed(given: _Given, subjects: Path | None) -> list[Path]:
    """Give files and folders that must be there beside those of the options."""
    seconds = [given[name][0] for name in ("hippocampal_subfields_T1T2", "hippocampal_subfields_T2") if name in given]
    folders = given["long"] if "long" in given else given.get("tp", ())
    if not folders and "i" not in given:
        folders = (_subject(given),)
    return [*map(Path, seconds), *(subjects / Path(one).name for one in folders if subjects)]


def _written(given: _Given, folder: Path) -> list[Path]:
    """Give the files that will be there."""
    if "dontrun" in given or "onlyversions" in given:
        return []
    hemis = given.get("hemi") or given.get("autorecon_hemi") or HEMIS
    names = [name for step in _steps(given) for name in FILES[step]]
    names += _cached(given) if "qcache" in given or given.get("make") == ("qcache",) else []
    names += ["surf/{hemi}.pial_lgi"] if "lgi" in given else []
    names += ["scripts/recon-all.done"] if "all" in given or given.get("make") == ("all",) else []
    return list(dict.fromkeys(folder / name.format(hemi=hemi) for name in names for hemi in hemis))


def _steps(given: _Given) -> list[str]:
    """Switch steps on and off as recon-all does: in the order of the options."""
    steps: dict[str, None] = {}
    for name, values in given.items():
        stage = values[0].replace("-", "_") if name == "make" else name
        for step in STAGES.get(stage, (stage,) if stage in FILES else ()):
            steps[step] = None
        for step in OFF.get(name, ()):
            steps.pop(step, None)
    return list(steps)


def _cached(given: _Given) -> list[str]:
    """Name the maps of -qcache; of several widths or average subjects, the last one counts."""
    usual, usual_widths, average = CACHED
    maps = [one.removesuffix(".mgz") for one in given.get("measure", usual)]
    widths = given.get("fwhm", ())[-1:] or usual_widths
    target = given.get("target", (average,))[-1]
    return [f"surf/{{hemi}}.{one}.fwhm{width}.{target}.mgh" for one in maps for width in widths]


def _remarks(given: _Given) -> Iterator[str]:
    names = list(given)
    if "i" in given:
        yield _NEW
    for threads in ("openmp", "threads"):
        if threads in given and "parallel" in names[names.index(threads) :]:
            yield f"-parallel stands behind -{threads} and sets 4 threads: put -{threads} behind it"
    for off in filter(given.__contains__, OFF):
        later = [name for name in names[names.index(off) :] if set(OFF[off]) & set(STAGES.get(name, ()))]
        if later:
            stage = later[0].replace("_", "-")
            yield f"-{off} stands in front of -{stage}, which switches that on again: put it behind"
    yield from remarks_on_names("recon-all", *(path for name in _FILES for path in given.get(name, ())))
    for image in ("T2", "FLAIR"):
        if image in given and not {f"{image}pial", f"autorecon3_{image}pial"} & set(given):
            yield f"without -{image}pial, the image of -{image} is only converted"
