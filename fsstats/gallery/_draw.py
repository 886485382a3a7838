"""The pictures of one run: made, or found made; what can be sent to another process."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from fsstats.errors import StatsFormatError
from fsstats.gallery._look import VERSION, Look, Plane
from fsstats.gallery._run import Run
from fsstats.io._marks import mark_at
from fsstats.io._reading import content_of
from fsstats.io._replace import replacing

_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class Task:
    """One run to be drawn."""

    run: Run
    stem: str
    """How the names of its files begin."""
    folder: str
    look: Look


@dataclass(frozen=True, slots=True)
class Drawn:
    """What became of one run."""

    run: Run
    stem: str
    sizes: Mapping[Plane, tuple[int, int]] = field(default_factory=dict)
    """Width and height of each picture that was made, in pixels."""
    labels: tuple[int, ...] = ()
    """What is outlined in them."""
    notes: tuple[str, ...] = ()
    problem: str | None = None
    files: str = ""
    """The check sum of what the files were: another one once they have changed; empty where that cannot be told."""

    def picture(self, plane: Plane, *, plain: bool = False) -> str:
        """Give the name of a picture's file."""
        return f"{self.stem}_{plane}{'_plain' if plain else ''}.png"


def made_before(task: Task) -> Drawn | None:
    """Give what was made of a run before, if it was made of the same files in the same way and is all there."""
    files = _files(task)
    try:
        said = json.loads(_record(task).read_bytes())
        sizes = {plane: (int(width), int(height)) for plane, (width, height) in said["sizes"].items()}
        drawn = Drawn(task.run, task.stem, sizes, tuple(said["labels"]), tuple(said["notes"]), None, files)
        same = bool(files) and said["made"] == _made(task, files)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return drawn if same and all(path.is_file() for path in _pictures(task, drawn)) else None


def draw(task: Task) -> Drawn:
    """Draw a run; what is wrong with it goes into the answer, whatever it is."""
    run = task.run
    if run.problem is not None or run.image is None or run.labels is None:
        return _undrawn(task, run.problem or "no image and labels")
    try:
        return _draw(task, run.image, run.labels)
    except StatsFormatError as error:
        return _undrawn(task, str(error))
    except OSError as error:
        return _undrawn(task, f"{error.filename or run.labels}: {error.strerror or error}")
    except Exception as error:  # noqa: BLE001 - what no rule foresaw: one run may not cost the others
        return _undrawn(task, f"{run.labels}: it could not be drawn ({type(error).__name__}: {error})")


def _draw(task: Task, image: str, labels: str) -> Drawn:
    from fsstats.gallery._strips import strips_of  # noqa: PLC0415 - Matplotlib, which nothing else here needs
    from fsstats.gallery._volumes import brain_of  # noqa: PLC0415 - and what reads images

    files = _files(task)  # first: if a file is changed now, the next run sees it
    brain = brain_of(content_of(image), image, content_of(labels), labels, task.look.only)
    strips = strips_of(brain, task.look, task.look.fit or task.run.fit)
    sizes: dict[Plane, tuple[int, int]] = {strip.plane: (strip.width, strip.height) for strip in strips}
    drawn = Drawn(task.run, task.stem, sizes, brain.found, brain.notes, None, files)
    contents = [content for strip in strips for content in (strip.png, strip.plain) if content is not None]
    said = {"made": _made(task, files), "sizes": sizes, "labels": brain.found, "notes": brain.notes}
    with replacing([*_pictures(task, drawn), _record(task)], durable=False) as new:
        for path, content in zip(new, [*contents, json.dumps(said).encode()], strict=True):
            path.write_bytes(content)
    return drawn


def _pictures(task: Task, drawn: Drawn) -> list[Path]:
    kinds = (False, True) if task.look.plain else (False,)
    return [Path(task.folder, drawn.picture(plane, plain=plain)) for plane in drawn.sizes for plain in kinds]


def _undrawn(task: Task, problem: str) -> Drawn:
    """Remove what was made of the run before: it shows other files."""
    for path in Path(task.folder).glob(f"{task.stem}_*.png"):
        if path.name in {f"{task.stem}_{name}.png" for name in _ALL}:
            path.unlink()
    _record(task).unlink(missing_ok=True)
    return Drawn(task.run, task.stem, problem=problem)


_ALL: Final = [f"{plane}{plain}" for plane in ("axial", "coronal", "sagittal") for plain in ("", "_plain")]


def _record(task: Task) -> Path:
    return Path(task.folder, f"{task.stem}.json")


def _files(task: Task) -> str:
    """Give a check sum of when the files were changed last, and their sizes; empty if that cannot be told."""
    marks = [mark_at(path) for path in (task.run.image, task.run.labels) if path]
    return "" if None in marks else _sum(marks)


def _made(task: Task, files: str) -> str:
    """Give a check sum of all that the pictures depend on."""
    run = task.run
    return _sum([VERSION, files, run.image, run.labels, run.fit, asdict(task.look)])


def _sum(said: object) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:_DIGITS]
