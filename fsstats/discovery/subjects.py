"""Which folders are subjects, and what their names say."""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

MAX_DEPTH: Final = 4
"""How far below a root subjects are looked for (study/derivatives/freesurfer/sub-01/ses-1 is 4)."""
PARTS: Final = ("mri", "surf", "scripts", "label", "stats", "touch")
TEMPLATES: Final = re.compile(r"^(fsaverage.*|cvs_avg35.*|[lr]h\.EC_average|V1_average)$")
_BIDS: Final = re.compile(r"^(?P<subject>sub-[^_]+)(?:_(?P<session>ses-[^_]+))?$")
_LONG: Final = ".long."


@dataclass(frozen=True, slots=True)
class Subject:
    """One processed subject: a folder, and who, when and how its name says."""

    path: Path
    subject: str
    session: str | None = None
    stream: str = "cross"

    @property
    def directory(self) -> str:
        """The folder's name."""
        return self.path.name


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A folder beside the subjects that is none."""

    path: Path
    reason: str
    status: str = "skipped"


def find_subjects(roots: Iterable[Path]) -> tuple[list[Subject], list[LeftOut]]:
    """Find the subjects at and below folders, each once and named together, and what was left out beside them."""
    walks = [_walk(root, MAX_DEPTH, set()) for root in roots]
    folders = dict.fromkeys(folder for found, _ in walks for folder in found)
    left_out = dict.fromkeys(item for _, items in walks for item in items)
    real = {folder: Path(os.path.realpath(folder)) for folder in folders}
    links = {folder: there for folder, there in real.items() if folder != there and there in folders}
    aliases = [LeftOut(folder, f"a link to {there.name}, which is here too") for folder, there in links.items()]
    return name_all(folder for folder in folders if folder not in links), [*left_out, *aliases]


def _walk(folder: Path, depth: int, seen: set[str]) -> tuple[list[Path], list[LeftOut]]:
    if is_subject(folder):
        return [folder], []
    real = os.path.realpath(folder)
    if depth == 0 or real in seen:
        return [], []
    seen.add(real)
    found: list[Path] = []
    left_out: list[LeftOut] = []
    barren: list[Path] = []
    try:
        children = _subfolders(folder)
    except OSError as error:
        return [], [LeftOut(folder, error.strerror or str(error), status="unreadable")]
    for child in children:
        if TEMPLATES.match(child.name):
            left_out.append(LeftOut(child, "a template that FreeSurfer ships, not a subject"))
            continue
        below, left_below = _walk(child, depth - 1, seen)
        found += below
        left_out += left_below
        if not below and not left_below:
            barren.append(child)
    if any(path.parent == folder for path in found):
        left_out += [LeftOut(path, f"not a subject: holds none of {', '.join(PARTS)}") for path in barren]
    return found, left_out


def is_subject(folder: Path) -> bool:
    """Say whether a folder is a processed subject: it has stats files, or both images and surfaces."""
    parts = {part for part in PARTS if os.path.isdir(folder / part)}  # noqa: PTH112 - Path.is_dir raises where closed
    return {"mri", "surf"} <= parts or ("stats" in parts and _has_stats(folder / "stats"))


def _has_stats(folder: Path) -> bool:
    try:
        return any(path.name.endswith(".stats") for path in folder.iterdir())
    except OSError:
        return False


def _subfolders(folder: Path) -> list[Path]:
    names = sorted(name for name in os.listdir(folder) if not name.startswith("."))  # noqa: PTH208 - names
    return [folder / name for name in names if os.path.isdir(folder / name)]  # noqa: PTH112 - likewise, and loops


def name_all(folders: Iterable[Path]) -> list[Subject]:
    """Name subjects together, since a longitudinal run tells what its time points and base are."""
    folders = list(folders)
    bases = _time_points(folders)
    # Of two bases with the same time point the first has it.
    base_of = {base.parent / point: base for base in sorted(bases, reverse=True) for point in bases[base]}
    return [_name(path, bases, base_of.get(path)) for path in folders]


def _time_points(folders: Iterable[Path]) -> dict[Path, set[str]]:
    """Give the time points of every base: by its longitudinal runs, and by its own list."""
    points: dict[Path, set[str]] = defaultdict(set)
    for path in folders:
        if _LONG in path.name:
            point, _, base = path.name.rpartition(_LONG)
            points[path.parent / base].add(point)
        elif (path / "base-tps").is_file():
            points[path] |= set((path / "base-tps").read_text(encoding="utf-8", errors="replace").split())
    return points


def _name(path: Path, bases: Mapping[Path, set[str]], base: Path | None) -> Subject:
    """Name one folder; `base` is the base whose time point it is."""
    if _LONG in path.name:
        point, _, name = path.name.rpartition(_LONG)
        return replace(_name_point(path, point, name), stream="long")
    if path in bases:
        return _name_base(path, bases[path])
    if base is not None:
        return _name_point(path, path.name, base.name)
    bids = _BIDS.match(path.name)
    if bids:
        return Subject(path, bids["subject"], bids["session"])
    if path.name.startswith("ses-") and path.parent.name.startswith("sub-"):
        return Subject(path, path.parent.name, path.name)
    return Subject(path, path.name)


def _name_point(path: Path, point: str, base: str) -> Subject:
    """Name a time point: by BIDS if it is, else the base is the subject and the point the session."""
    bids = _BIDS.match(point)
    if bids and bids["session"]:
        return Subject(path, bids["subject"], bids["session"])
    return Subject(path, base, point)


def _name_base(path: Path, points: Iterable[str]) -> Subject:
    """Name a base as its time points' subject, if they agree on one by BIDS, else by its folder."""
    names = {_name_point(path, point, path.name).subject for point in points}
    return Subject(path, names.pop() if len(names) == 1 else path.name, stream="base")
