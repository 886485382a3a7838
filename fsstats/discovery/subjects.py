"""Which folders are subjects, and what their names say."""

import os
import re
from collections.abc import Iterable, Iterator
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


def find_subjects(root: Path) -> tuple[list[Subject], list[LeftOut]]:
    """Find the subjects at and below a folder, in the order of their names, and what was left out beside them."""
    folders, left_out = _walk(root, MAX_DEPTH, set())
    return _name_all(folders), left_out


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
    for child in _subfolders(folder):
        if TEMPLATES.match(child.name):
            left_out.append(LeftOut(child, "a template that FreeSurfer ships, not a subject"))
            continue
        below, left_below = _walk(child, depth - 1, seen)
        found += below
        left_out += left_below
        if not below:
            barren.append(child)
    if any(path.parent == folder for path in found):
        left_out += [LeftOut(path, f"not a subject: holds none of {', '.join(PARTS)}") for path in barren]
    return found, left_out


def is_subject(folder: Path) -> bool:
    """Say whether a folder is a processed subject: it has stats files, or two of FreeSurfer's folders."""
    parts = [part for part in PARTS if (folder / part).is_dir()]
    return len(parts) > 1 or ("stats" in parts and any(_stats_files(folder / "stats")))


def _stats_files(folder: Path) -> Iterator[str]:
    try:
        return iter([name for name in os.listdir(folder) if name.endswith(".stats")])
    except OSError:
        return iter(())


def _subfolders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    except OSError:
        return []


def _name_all(folders: Iterable[Path]) -> list[Subject]:
    """Name subjects together, since a longitudinal run tells what its time points and base are."""
    folders = list(folders)
    bases = {path.parent / _base(path) for path in folders if _LONG in path.name}
    bases |= {path for path in folders if (path / "base-tps").is_file()}
    time_points = {base.parent / tp: base for base in bases for tp in _time_points(base, folders)}
    named = [_name(path, bases, time_points.get(path)) for path in folders]
    return [_name_base(subject, time_points) if subject.stream == "base" else subject for subject in named]


def _base(path: Path) -> str:
    return path.name.rpartition(_LONG)[2]


def _time_points(base: Path, folders: Iterable[Path]) -> set[str]:
    runs = {path.name.rpartition(_LONG)[0] for path in folders if path.name.endswith(_LONG + base.name)}
    try:
        listed = (base / "base-tps").read_text(encoding="utf-8", errors="replace").split()
    except OSError:
        listed = []
    return runs | set(listed)


def _name(path: Path, bases: set[Path], base: Path | None) -> Subject:
    """Name one folder; `base` is the base whose time point it is."""
    if _LONG in path.name:
        point, _, name = path.name.rpartition(_LONG)
        return replace(_name_point(path, point, name), stream="long")
    if path in bases:
        return Subject(path, path.name, stream="base")
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


def _name_base(base: Subject, time_points: dict[Path, Path]) -> Subject:
    """Call a base as its time points' subject, if they agree on one by BIDS."""
    names = {_name_point(path, path.name, base.directory).subject for path, of in time_points.items() if of == base.path}
    return replace(base, subject=names.pop()) if len(names) == 1 else base
