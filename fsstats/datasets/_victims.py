"""Choose which files of a cohort are damaged, and damage them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fsstats.datasets._blocks import Block
from fsstats.datasets._damage import CHANGES, Lost, everything, suits
from fsstats.datasets._people import Run


@dataclass(frozen=True, slots=True, eq=False)
class Victim:
    """One stats file of the cohort."""

    block: Block
    place: int
    """Its row in the arrays of the block."""
    run: Run

    def path(self, root: Path) -> Path:
        """Give its path."""
        return root / self.run.folder / "stats" / self.block.filename


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What is to be done to a file."""

    victim: Victim
    kind: str
    donor: Victim | None = None
    """Whose content a copy gets."""


@dataclass(frozen=True, slots=True, eq=False)
class Damaged:
    """What was done to a file."""

    victim: Victim
    kind: str
    lost: Lost


def plan_damage(
    rng: np.random.Generator,
    blocks: Sequence[Block],
    runs: Sequence[Run],
    share: float,
    kinds: Sequence[str],
) -> list[Plan]:
    """Choose what is done to which file: the kinds take turns, the files are any that suit.

    No file is chosen twice, a copy's donor stays whole, and of the files of one
    name fewer than half are chosen, so that most subjects keep each.
    """
    files = [Victim(block, place, runs[run]) for block in blocks for place, run in enumerate(block.runs)]
    order = [files[place] for place in rng.permutation(len(files))]
    kinds = list(dict.fromkeys(kinds[place] for place in rng.permutation(len(kinds))))
    free = _Free(order)
    waiting = {kind: _suited(kind, order, blocks) for kind in kinds}
    plans: list[Plan] = []
    wanted = round(share * len(files))
    while waiting:
        for kind in [kind for kind in kinds if kind in waiting]:
            if len(plans) == wanted:
                return plans
            plan = free.take(kind, waiting[kind])
            if plan is None:
                del waiting[kind]
            else:
                plans.append(plan)
    return plans


def _suited(kind: str, order: Sequence[Victim], blocks: Sequence[Block]) -> Iterator[Victim]:
    chosen = {id(block) for block in blocks if suits(kind, block)}
    return (victim for victim in order if id(victim.block) in chosen)


class _Free:
    """The files that may still be chosen: a set that shrinks."""

    def __init__(self, order: Sequence[Victim]) -> None:
        self._named: dict[str, list[Victim]] = {}
        for victim in order:
            self._named.setdefault(victim.block.filename, []).append(victim)
        self._room = Counter({name: max(1, (len(files) - 1) // 2) for name, files in self._named.items()})
        self._taken: set[Victim] = set()

    def take(self, kind: str, waiting: Iterator[Victim]) -> Plan | None:
        """Take the next file for a kind of damage; None if none is left."""
        for victim in waiting:
            if victim in self._taken or not self._room[victim.block.filename]:
                continue
            donor = self._donor(victim) if kind == "copied" else None
            if kind == "copied" and donor is None:
                continue
            self._taken.update(filter(None, (victim, donor)))
            self._room[victim.block.filename] -= 1
            return Plan(victim, kind, donor)
        return None

    def _donor(self, victim: Victim) -> Victim | None:
        """Find a whole file of the same name that names another subject."""
        for other in self._named[victim.block.filename]:
            strangers = other.run.subject != victim.run.subject and other.run.name != victim.run.name
            if strangers and other not in self._taken:
                return other
        return None


def do_damage(root: Path, rng: np.random.Generator, plans: Sequence[Plan]) -> list[Damaged]:
    """Do what was planned. All files are read before the first one is changed."""
    contents = [_changed(root, rng, plan) for plan in plans]
    for plan, (content, _) in zip(plans, contents, strict=True):
        _put(plan.victim.path(root), plan.kind, content)
    return [Damaged(plan.victim, plan.kind, lost) for plan, (_, lost) in zip(plans, contents, strict=True)]


def _changed(root: Path, rng: np.random.Generator, plan: Plan) -> tuple[bytes, Lost]:
    """Give the content that a file is to have, and what is lost."""
    path, block = plan.victim.path(root), plan.victim.block
    if plan.kind in CHANGES:
        return CHANGES[plan.kind](path.read_bytes(), block, rng)
    if plan.kind == "wrong_hemisphere":
        other_side = {"l": "r", "r": "l"}[path.name[0]] + path.name[1:]
        return path.with_name(other_side).read_bytes(), everything(block)
    return plan.donor.path(root).read_bytes() if plan.donor else b"", everything(block)


def _put(path: Path, kind: str, content: bytes) -> None:
    path.unlink()
    if kind == "unreadable":
        # A link to nowhere cannot be read by anybody; without permissions root could read it still.
        path.symlink_to("moved-away.stats")
    elif kind == "directory":
        path.mkdir()
    elif kind != "missing":
        path.write_bytes(content)
