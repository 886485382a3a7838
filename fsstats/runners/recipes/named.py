"""Recipes by their names, and the jobs that they come to for the images of a study."""

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from fsstats.errors import TableError, UnknownNameError, wording
from fsstats.runners._flags import PathLike
from fsstats.runners._words import options_in, set_options, truth
from fsstats.runners.command import Command, Tool
from fsstats.runners.containers import in_container
from fsstats.runners.engine.jobs import Job
from fsstats.runners.engine.probe import licence_of
from fsstats.runners.images import KINDS, Images, images_in, images_of, table_of_images
from fsstats.runners.programs import (
    ants,
    arithmetic,
    dipy,
    fastsurfer,
    first,
    freesurfer,
    fsl,
    mrtrix,
    recon,
    registration,
    synthseg,
    warps,
)
from fsstats.runners.recipes import cleaning, registering, segmenting
from fsstats.runners.recipes._steps import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A named sequence of tools.

    Parameters
    ----------
    name : str
        As it is called on the command line.
    says : str
        What it does, in a sentence.
    make : callable
        Gives the commands for the images of one session, or for all sessions of one subject.
    tools : tuple of Tool
        The tools that it runs, whose options may be set.
    needs : tuple of str
        The images that it must have.
    is_of_subject : bool
        It takes all sessions of a subject together.
    is_of_all_runs : bool
        It takes all runs of the T1-weighted image, and not only the first.
    is_merged : bool
        ``fsstats merge`` reads what it writes.
    """

    name: str
    says: str
    make: Callable[..., tuple[Command, ...]]
    tools: tuple[Tool, ...]
    needs: tuple[str, ...] = ("t1",)
    is_of_subject: bool = False
    is_of_all_runs: bool = False
    is_merged: bool = True


_ALL: Final = (
    Recipe(
        name="recon-all",
        says="FreeSurfer: segment the brain and reconstruct the cortical surfaces.",
        make=segmenting.recon_all,
        tools=recon.TOOLS,
        is_of_all_runs=True,
    ),
    Recipe(
        name="recon-all-long",
        says="FreeSurfer's longitudinal stream: all sessions of a subject, with a template of their own.",
        make=segmenting.recon_all_long,
        tools=recon.TOOLS,
        is_of_subject=True,
        is_of_all_runs=True,
    ),
    Recipe(
        name="fastsurfer",
        says="FastSurfer: the same by deep learning, in an hour.",
        make=segmenting.fast_surfer,
        tools=fastsurfer.TOOLS,
    ),
    Recipe(
        name="synthseg",
        says="SynthSeg: segment images of any contrast and resolution.",
        make=segmenting.synth_seg,
        tools=synthseg.TOOLS,
    ),
    Recipe(
        name="freesurfer-skull-strip",
        says="FreeSurfer's skull strip, on the grid of the image.",
        make=segmenting.freesurfer_skull_strip,
        tools=(recon.RECON_ALL, freesurfer.MRI_CONVERT, arithmetic.FSLMATHS),
        is_merged=False,
    ),
    Recipe(
        name="fsl-structural",
        says="FSL: brain (bet), tissues (fast), subcortical structures (FIRST).",
        make=segmenting.fsl_structural,
        tools=(fsl.BET, fsl.FAST, first.RUN_FIRST_ALL, fsl.FSLREORIENT2STD),
    ),
    Recipe(
        name="to-standard",
        says="FSL: register a brain to a standard brain (flirt, fnirt).",
        make=registering.to_standard,
        tools=(fsl.BET, registration.FLIRT, registration.FNIRT),
        is_merged=False,
    ),
    Recipe(
        name="atlas-to-native",
        says="FSL: bring an atlas into the space of an image, and measure its regions there.",
        make=registering.atlas_to_native,
        tools=(fsl.BET, registration.FLIRT, registration.FNIRT, warps.INVWARP, warps.APPLYWARP, registering.SEGSTATS),
        is_merged=False,
    ),
    Recipe(
        name="degibbs-t1",
        says="MRtrix3: remove Gibbs ringing from T1-weighted images.",
        make=cleaning.degibbs_t1,
        tools=(mrtrix.MRDEGIBBS,),
        is_merged=False,
    ),
    Recipe(
        name="degibbs-dwi",
        says="MRtrix3: remove noise and Gibbs ringing from diffusion-weighted images.",
        make=cleaning.degibbs_dwi,
        tools=(mrtrix.DWIDENOISE, mrtrix.MRDEGIBBS),
        needs=("dwi",),
        is_merged=False,
    ),
    Recipe(
        name="degibbs-dipy",
        says="DIPY: remove Gibbs ringing from diffusion- or T1-weighted images.",
        make=cleaning.degibbs_dipy,
        tools=dipy.TOOLS,
        needs=("dwi", "bval"),
        is_merged=False,
    ),
    Recipe(
        name="n4",
        says="Remove the bias field of T1-weighted images (N4, of FreeSurfer or ANTs).",
        make=cleaning.n4,
        tools=(freesurfer.ANTS_N4_BIAS_FIELD_CORRECTION_FS, ants.N4),
        is_merged=False,
    ),
)
RECIPES: Final[Mapping[str, Recipe]] = {recipe.name: recipe for recipe in _ALL}
"""All recipes, by their names."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a recipe comes to for the images of a study. Made by `plan`."""

    recipe: Recipe
    jobs: tuple[Job, ...]
    images: pd.DataFrame
    """The images of every session; see `images_in`. One with a problem has no job."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a user should know of these uses of the tools, each once; not what `run_jobs` looks after."""
        steps = (step for job in self.jobs for step in job.steps)
        plain = (recon.continued(step) if step.tool == recon.RECON_ALL else step for step in steps)
        return tuple(dict.fromkeys(remark for step in plain for remark in step.remarks))

    def part(self, number: int, n_parts: int) -> "Plan":
        """Give one of several parts of the jobs, counted from 1; sessions with a problem belong to the first."""
        own = self.images if number == 1 else self.images[self.images["problem"].isna()]
        return replace(self, jobs=self.jobs[number - 1 :: n_parts], images=own.reset_index(drop=True))


def plan(
    recipe: str,
    source: PathLike | pd.DataFrame,
    out: PathLike,
    *,
    subjects: Collection[str] | None = None,
    t1: str | None = None,
    options: Options | None = None,
    threads: int | None = None,
    container: Mapping[str, Any] | None = None,
) -> Plan:
    r"""Make the jobs of a recipe for all images of a study. Nothing is run.

    Parameters
    ----------
    recipe : str
        The name of a recipe: one of `RECIPES`.
    source : path or DataFrame
        A BIDS data set, or a table of images; see `images_in`.
    out : path
        The folder to write to; for recon-all and FastSurfer that of the subjects.
    subjects : collection of str, optional
        Only these; see `images_in`.
    t1 : str, optional
        A pattern for the names of T1-weighted images in BIDS; see `images_in`.
    options : mapping, optional
        Options of the tools by the tools' names, and under the empty name those of the recipe:
        ``{"bet": {"f": 0.3}, "": {"reference": "brain.nii.gz"}}``; see `options_for`.
    threads : int, optional
        Threads of each program, for those that take their number as an option.
    container : mapping, optional
        Options of `in_container`, to run the programs in one: at least ``image``. The licence of FreeSurfer is
        the one of this machine if it is not named.

    Returns
    -------
    Plan
        The jobs, and the images; a session that lacks what the recipe needs has a problem, and no job.

    Raises
    ------
    UnknownNameError
        If there is no such recipe, tool or option.
    TableError
        If an option has no such value; or as `images_in` and `in_container` have it.
    NothingFoundError, ColumnsError, OSError
        As `images_in` has them.

    See Also
    --------
    run_jobs : Runs the jobs.

    Examples
    --------
    >>> table = pd.DataFrame({"subject": ["S1", "S2"], "t1": [__file__, None]})
    >>> made = plan("fsl-structural", table, "out", options={"bet": {"f": 0.3}})
    >>> [[step.tool.name for step in job.steps] for job in made.jobs]
    [['fslreorient2std', 'bet', 'fast', 'run_first_all']]
    >>> made.images["problem"].tolist()
    [nan, 'expected a T1-weighted image (anat/*_T1w.nii.gz), found none']
    """
    known, folder = _recipe(recipe), Path(out).absolute()
    own = _settings(known, options or {})
    needs = _needs(known, own)
    found = images_of(images_in(source, subjects=subjects, t1=t1, needs=needs))
    rows = [_remarked(known, row) for row in found]
    rows = _together(rows) if known.is_of_subject else rows
    jobs = []
    for group in _groups(known, rows):
        made = group if known.is_of_subject else group[0]
        steps = known.make(made, folder, options=options, threads=threads, **own)
        if container is not None:
            steps = tuple(_held(step, folder, own, threads, container) for step in steps)
        session = None if known.is_of_subject else group[0].session
        jobs.append(Job(subject=group[0].subject, session=session, name=recipe, steps=steps, out=folder))
    return Plan(known, tuple(jobs), table_of_images(rows))


def options_for(recipe: str, settings: Sequence[str] = (), words: Sequence[str] = ()) -> Options:
    """Read options of a recipe as they are typed.

    Parameters
    ----------
    recipe : str
        The name of a recipe.
    settings : sequence of str
        One option each, as ``tool.option=value``: ``bet.f=0.3``, ``bet.R`` for a switch, ``flirt.searchrx=-30,30``
        for several values; or ``name=value`` for an option of the recipe itself.
    words : sequence of str
        Options in a tool's own spelling, for a recipe of one tool: ``-f 0.3 -R``.

    Returns
    -------
    mapping
        As `plan` takes them.

    Raises
    ------
    UnknownNameError
        If there is no such recipe, tool or option.
    TableError
        If there is no such value, or words are given to a recipe of several tools.

    Examples
    --------
    >>> options_for("recon-all", words=["-qcache", "-3T"])
    {'recon-all': {'qcache': True, 'at_3T': True}}
    >>> options_for("n4", ["by=ants", "n4_bias_field.shrink=2"])
    {'': {'by': 'ants'}, 'n4_bias_field': {'shrink': 2}}
    """
    known = _recipe(recipe)
    options = set_options(known.tools, settings)
    if not words:
        return options
    if len(known.tools) != 1:
        names = ", ".join(tool.name for tool in known.tools)
        hint = f"Name the tool of each: {known.tools[0].name}.option=value"
        expected = "options of one tool"
        raise TableError(f"{recipe}: {wording(expected=expected, found=f'several tools ({names})', hint=hint)}")
    tool = known.tools[0]
    return {**options, tool.name: {**options.get(tool.name, {}), **options_in(tool, words)}}


def _recipe(name: str) -> Recipe:
    if name not in RECIPES:
        raise UnknownNameError.among("recipe", name, RECIPES)
    return RECIPES[name]


def _settings(recipe: Recipe, options: Options) -> dict[str, Any]:
    """Read the options of the recipe itself, and refuse those of tools that it does not run."""
    tools = {tool.name for tool in recipe.tools}
    strange = next((name for name in options if name and name not in tools), None)
    if strange is not None:
        raise UnknownNameError.among(f"tool of {recipe.name}", strange, tools)
    taken = {
        name: one.default
        for name, one in inspect.signature(recipe.make).parameters.items()
        if one.kind is one.KEYWORD_ONLY and name not in {"options", "threads"}
    }
    given = options.get("", {})
    unknown = next((name for name in given if name not in taken), None)
    if unknown is not None:
        raise UnknownNameError.among(f"option of {recipe.name}", unknown, taken)
    return {name: _setting(f"{recipe.name}: {name}", value, taken[name]) for name, value in given.items()}


def _setting(where: str, value: object, default: object) -> object:
    """Read one option of a recipe; a file that is here by its whole name, since jobs may run elsewhere."""
    if not isinstance(value, str):
        return value
    if default is None or isinstance(default, bool):
        return truth(where, value)
    return str(Path(value).absolute()) if Path(value).is_file() else value


def _needs(recipe: Recipe, own: Mapping[str, Any]) -> tuple[str, ...]:
    """Say which images every session must have."""
    needs = recipe.needs
    if own.get("image"):
        if own["image"] not in KINDS:
            raise UnknownNameError.among("kind of image", own["image"], KINDS)
        needs = ("dwi", "bval") if own["image"] == "dwi" else (own["image"],)
    return (*needs, own["pial"].lower()) if own.get("pial", "").lower() in KINDS else needs


def _remarked(recipe: Recipe, row: Images) -> Images:
    """Say that further runs are not used."""
    if len(row.t1) < 2 or recipe.is_of_all_runs:
        return row
    return replace(row, remarks=(*row.remarks, f"only the first of {len(row.t1)} runs is used"))


def _together(rows: Sequence[Images]) -> list[Images]:
    """Give all sessions of a subject a problem where one has one: they belong together."""
    own = {row.subject: _trouble(row) for row in rows if _trouble(row)}
    return [replace(row, problem=row.problem or own.get(row.subject)) for row in rows]


def _trouble(row: Images) -> str | None:
    if row.problem is None and row.session is None:
        return wording(expected="sessions, for the longitudinal stream", found="none")
    said = f"{row.session}: {row.problem}"
    return None if row.problem is None else f"{said}. Sessions that are to be left out, leave out of a table of images"


def _groups(recipe: Recipe, rows: Sequence[Images]) -> Iterable[list[Images]]:
    """Put together what is one job: a session, or all of a subject."""
    groups: dict[tuple[str, str | None], list[Images]] = {}
    for row in rows:
        if row.problem is None:
            groups.setdefault((row.subject, None if recipe.is_of_subject else row.session), []).append(row)
    return groups.values()


def _held(
    step: Command, out: Path, own: Mapping[str, Any], threads: int | None, container: Mapping[str, Any]
) -> Command:
    """Put a step into a container; what is our own program runs outside of it."""
    suite = step.tool.suite
    if suite == registering.SEGSTATS.suite:
        return step
    licence = container.get("licence") or (
        licence_of(freesurfer.FREESURFER) if suite.licences or suite.finds_itself else None
    )
    named = [Path(value) for value in own.values() if isinstance(value, str) and value.startswith("/")]
    inside = [path for path in named if not path.exists()]
    return in_container(step, **{"binds": [out], "threads": threads, "inside": inside, **container, "licence": licence})
