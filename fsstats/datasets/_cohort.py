"""The made-up cohort: draw it, write it, and know what a reader must find in it."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from fsstats.datasets._also import ALSO, make_further
from fsstats.datasets._blocks import Block, write_block
from fsstats.datasets._brains import Effects, Study, study_of
from fsstats.datasets._contents import blocks_of
from fsstats.datasets._damage import DAMAGE
from fsstats.datasets._further import Further, write_further
from fsstats.datasets._people import LAYOUTS, Run, participants_table, people, runs_of
from fsstats.datasets._scripts import write_scripts
from fsstats.datasets._simulate import Brains, simulate
from fsstats.datasets._tools import TOOLS, regions_of
from fsstats.datasets._typical import FloatArray, IntArray
from fsstats.datasets._victims import Damaged, do_damage, plan_damage
from fsstats.errors import UnknownNameError
from fsstats.schema import LONG, SUBJECT_KEY

BoolArray = npt.NDArray[np.bool_]

N_DRAWS: Final = 5
"""Generators that a cohort needs: of people, study, brains, damage, and further files."""

MOST_DAMAGED: Final = 0.5
"""Above this share not even half of the subjects would have each file."""


@dataclass(frozen=True, slots=True)
class MadeCohort:
    """A cohort that was made up and written, and the truth about it."""

    root: Path
    """The SUBJECTS_DIR, or the folder of archives."""
    participants: pd.DataFrame
    """What participants.tsv holds."""
    table: pd.DataFrame
    """The long table of all that the tools wrote, before any damage."""
    readable: pd.DataFrame
    """The rows of `table` that the damage left: what a perfect reader gets."""
    damage: pd.DataFrame
    """One row a damaged file; ``n_lost`` counts the rows of `table` that it takes away."""


def make_cohort(
    folder: str | os.PathLike[str],
    *,
    n_subjects: int = 20,
    groups: Sequence[str] = ("control", "patient"),
    sites: Sequence[str] = ("A",),
    sessions: int = 1,
    tool: str | Sequence[str] = "freesurfer-7.4.1",
    layout: str = "subjects_dir",
    effects: Effects | None = None,
    head_size_exponent: float = 1.0,
    damaged: float = 0.0,
    damage: str | Sequence[str] = tuple(DAMAGE),
    also: str | Sequence[str] = (),
    seed: int = 0,
) -> MadeCohort:
    """Write a made-up cohort as FreeSurfer or FastSurfer would, and give the truth about it.

    The people, their brains and every number are invented. Left and right are
    alike, and so are the sessions of a person; volumes fall with age, ventricles
    grow. Each further site scans with a small shift of its own, the first with
    none. The same arguments give the same bytes, and the group effects change no
    random draw.

    Parameters
    ----------
    folder : path-like
        Where to write; made if needed, and must hold nothing yet.
    n_subjects : int
        Number of people, aged 20 to 80 at the first session; sessions are a year apart.
    groups, sites : sequence of str
        Labels, given to people at random in equal shares.
    sessions : int
        Sessions of each person.
    tool : str or sequence of str
        ``freesurfer-7.4.1``, ``freesurfer-6.0.0`` or ``fastsurfer-2.2.0``; of several, subjects take turns.
    layout : {"subjects_dir", "bids", "longitudinal"}
        Folders ``sub-001`` (``sub-001_ses-1`` with several sessions), ``sub-001/ses-1``, or
        FreeSurfer's longitudinal stream: ``sub-001_ses-1``, ``sub-001`` (the base) and
        ``sub-001_ses-1.long.sub-001``.
    effects : mapping, optional
        Relative difference of every group but the first, by region or by (source, region); the
        latter comes before the former. It acts on volume; in the cortex on thickness, and so on volume.
    head_size_exponent : float
        Volumes go with this power of eTIV, areas with two thirds of it, thickness not at all.
        Cortical volume is area times thickness, so it goes as the areas do.
    damaged : float
        Share of the stats files to damage, 0 to 0.5. Fewer are if no suitable file is left.
    damage : str or sequence of str
        Kinds of damage, by turns in a random order; `DAMAGE` describes them.
    also : str or sequence of str
        Kinds of file to write beside the stats files, which stay as they are; `ALSO` describes them:
        ``subregions``, ``synthseg``, ``curv``, ``first``, ``fast``, ``sienax``, ``recon-all``. What they hold
        follows the stats files of the run (aseg above all), and so the group effects and the head size. The
        images are coarse: only their volumes are meant. ``curv`` and ``recon-all`` are there for every run; the
        others for cross-sectional ones, subfields and amygdalar nuclei for longitudinal ones as well. Damage
        does not touch them. The truth holds all of them, also the logs, which a reader reads on request only.
    seed : int
        Seed of all that is random.

    Returns
    -------
    MadeCohort
        Folder, participants, truth and damage.

    Raises
    ------
    UnknownNameError
        If a tool, layout, damage, region or further kind of file does not exist.
    ValueError
        If a number is out of range, or FastSurfer shall run longitudinally.
    FileExistsError
        If the folder holds something.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     cohort = make_cohort(folder, n_subjects=4, effects={"Left-Hippocampus": -0.08})
    ...     stats = sorted(path.name for path in cohort.root.glob("sub-001/stats/*aparc.stats"))
    >>> stats
    ['lh.aparc.stats', 'rh.aparc.stats']
    >>> cohort.table.query("subject == 'sub-001' and measure == 'eTIV'")["source"].tolist()[:2]
    ['aseg', 'wmparc']
    """
    tools, kinds, wanted, effects = _names(tool), _names(damage), _names(also), dict(effects or {})
    _check_names(tools, layout, kinds, effects)
    _among("further kind of file", wanted, ALSO)
    _check_numbers(n_subjects, sessions, damaged)
    _check_labels(groups=groups, sites=sites, tool=tools)
    _check_streams(tools, layout)
    root = empty_folder(folder)
    draws = iter(np.random.default_rng(seed).spawn(N_DRAWS))
    persons = people(next(draws), n_subjects, groups, sites)
    runs = runs_of(persons, tools, sessions, layout)
    study = study_of(next(draws), persons, runs, control=groups[0], exponent=head_size_exponent, effects=effects)
    participants = participants_table(persons, sessions, layout)
    return write_cohort(root, draws, study, runs, participants, also=wanted, damaged=damaged, kinds=kinds)


def write_cohort(
    root: Path,
    draws: Iterator[np.random.Generator],
    study: Study,
    runs: Sequence[Run],
    participants: pd.DataFrame,
    *,
    also: Sequence[str] = (),
    damaged: float = 0.0,
    kinds: Sequence[str] = (),
) -> MadeCohort:
    """Write the files of all runs into an empty folder; `draws` are the generators left after people and study."""
    brains = simulate(next(draws), study)
    blocks = _blocks(brains, runs)
    chance = next(draws)
    further = make_further(next(draws), study, brains, runs, also)
    _write(root, runs, blocks, further, participants)
    done = do_damage(root, chance, plan_damage(chance, blocks, runs, damaged, kinds))
    table, lost = _truth([*blocks, *further], runs, done)
    return MadeCohort(
        root=root,
        participants=participants,
        table=table,
        readable=table.loc[~lost].reset_index(drop=True),
        damage=_damage_table(root, done),
    )


def _names(names: str | Sequence[str]) -> tuple[str, ...]:
    """Take one name or several."""
    return (names,) if isinstance(names, str) else tuple(names)


def _check_names(tools: Sequence[str], layout: str, kinds: Sequence[str], effects: Effects) -> None:
    _among("tool", tools, TOOLS)
    _among("layout", [layout], LAYOUTS)
    _among("kind of damage", kinds, DAMAGE)
    known = regions_of(tools)
    everywhere = [region for regions in known.values() for region in regions]
    for target in effects:
        source, region = target if isinstance(target, tuple) else (None, target)
        if source is not None:
            _among("source", [source], known)
        _among("region", [region], everywhere if source is None else known[source])


def _among(kind: str, names: Sequence[str], known: Mapping[str, object] | Sequence[str]) -> None:
    for name in names:
        if name not in known:
            raise UnknownNameError.among(kind, name, known)


def _check_numbers(n_subjects: int, sessions: int, damaged: float) -> None:
    for name, number in (("n_subjects", n_subjects), ("sessions", sessions)):
        if number < 1:
            raise ValueError(f"{name} must be at least 1, not {number}")
    if not 0 <= damaged <= MOST_DAMAGED:
        raise ValueError(f"damaged must be a share from 0 to {MOST_DAMAGED}, not {damaged}")


def _check_labels(**labels: Sequence[str]) -> None:
    for name, given in labels.items():
        if not given or isinstance(given, str):
            raise ValueError(f"{name} must be a sequence of at least one name, not {given!r}")


def _check_streams(tools: Sequence[str], layout: str) -> None:
    without = [name for name in tools if TOOLS[name].is_fastsurfer]
    if layout == "longitudinal" and without:
        raise ValueError(f"{without[0]} has no longitudinal stream; choose another tool or another layout")


def empty_folder(folder: str | os.PathLike[str]) -> Path:
    """Make a folder, or take one that holds nothing."""
    root = Path(folder)
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise FileExistsError(f"{root} holds something already; a cohort needs an empty folder")
    root.mkdir(parents=True, exist_ok=True)
    return root


def _blocks(brains: Brains, runs: Sequence[Run]) -> list[Block]:
    """Make the files' contents, for all runs of one tool and stream at once."""
    alike: dict[tuple[str, str], list[int]] = {}
    for number, run in enumerate(runs):
        alike.setdefault((run.tool, run.stream), []).append(number)
    return [
        block
        for (tool, stream), numbers in alike.items()
        for block in blocks_of(TOOLS[tool], stream, np.array(numbers, dtype=np.intp), brains)
    ]


def _write(
    root: Path, runs: Sequence[Run], blocks: Sequence[Block], further: Sequence[Further], participants: pd.DataFrame
) -> None:
    for run in runs:
        write_scripts(root, run)
    for block in blocks:
        write_block(root, block, runs)
    for files in further:
        write_further(root, files, runs)
    participants.to_csv(root / "participants.tsv", sep="\t", index=False, lineterminator="\n")


def _truth(
    blocks: Sequence[Block | Further], runs: Sequence[Run], done: Sequence[Damaged]
) -> tuple[pd.DataFrame, BoolArray]:
    """Give the long table, run by run, and which of its rows are lost."""
    run = np.concatenate([np.repeat(block.runs, block.values.shape[1]) for block in blocks])
    order = np.argsort(run, kind="stable")
    source = np.repeat(np.arange(len(blocks)), [block.values.size for block in blocks])[order]
    labels = pd.concat([block.labels for block in blocks], ignore_index=True)
    label = _label_of_values(blocks)[order]
    columns: dict[str, pd.Categorical | FloatArray] = {
        **{name: _encode([getattr(entry, name) for entry in runs], run[order]) for name in SUBJECT_KEY},
        "source": _encode([block.source for block in blocks], source),
        **{name: _encode(labels[name].tolist(), label) for name in labels.columns},
        "value": np.concatenate([block.values.ravel() for block in blocks])[order],
    }
    return pd.DataFrame({name: columns[name] for name in LONG}), _lost(blocks, done)[order]


def _label_of_values(blocks: Sequence[Block | Further]) -> IntArray:
    """Find which row of all blocks' labels belongs to each value."""
    lengths = [len(block.labels) for block in blocks]
    starts = np.cumsum([0, *lengths])[:-1]
    numbers = [
        np.tile(np.arange(start, start + length), len(block.runs))
        for start, length, block in zip(starts, lengths, blocks, strict=True)
    ]
    return np.concatenate(numbers).astype(np.intp)


def _encode(words: Sequence[str | None], which: IntArray) -> pd.Categorical:
    """Turn ``words[which]`` into a categorical without spelling it out; None is missing."""
    codes, names = pd.factorize(np.array(words, dtype=object))
    return pd.Categorical.from_codes(codes[which], categories=pd.Index(names, dtype="str"))


def _lost(blocks: Sequence[Block | Further], done: Sequence[Damaged]) -> BoolArray:
    """Mark the values that damage took away."""
    marks = {id(block): np.zeros(block.values.shape, dtype=bool) for block in blocks}
    for entry in done:
        marks[id(entry.victim.block)][entry.victim.place, entry.lost] = True
    return np.concatenate([marked.ravel() for marked in marks.values()])


def _damage_table(root: Path, done: Sequence[Damaged]) -> pd.DataFrame:
    columns = ["path", "subject", "session", "stream", "source", "hemi", "kind", "n_lost"]
    rows = [
        (
            str(entry.victim.path(root)),
            entry.victim.run.subject,
            entry.victim.run.session,
            entry.victim.run.stream,
            entry.victim.block.source,
            entry.victim.block.hemi,
            entry.kind,
            len(range(*entry.lost.indices(entry.victim.block.values.shape[1]))),
        )
        for entry in done
    ]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[:-1], "str") | {"n_lost": "int64"})
