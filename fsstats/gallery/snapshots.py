"""The whole job: runs in, pictures and a page out."""

import hashlib
import os
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path
from typing import Final

import pandas as pd

from fsstats._frames import listed, one_or_more, printable, some_of
from fsstats.discovery.find import select_files
from fsstats.errors import NothingFoundError, TableError, warn
from fsstats.gallery._colours import label_names, labels_of
from fsstats.gallery._draw import Drawn, Task, draw, made_before
from fsstats.gallery._look import PLANES, Colour, Convention, Fit, Look, Plane, look_of
from fsstats.gallery._page import page_of
from fsstats.gallery._run import Run, Wanted
from fsstats.gallery._runs import find_runs, runs_in, runs_named
from fsstats.io._merging import executor_for
from fsstats.io._reading import content_of
from fsstats.io._replace import write_text
from fsstats.io._study import Progress, ticking
from fsstats.io.files import SUFFIXES, read_table, write_table
from fsstats.parsers.luts import read_colours, read_lut

PathLike = str | os.PathLike[str]
Source = PathLike | Sequence[PathLike] | pd.DataFrame
PICTURES: Final = "pictures"
_PAGE: Final = "index.html"
_TABLE: Final = "snapshots.tsv"
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._+-]+")
_LONGEST: Final = 80
COLUMNS: Final = ("subject", "session", "stream", "source", "image", "labels", *PLANES, "note", "problem")


def snapshots(
    source: Source,
    out: PathLike,
    *,
    subjects: Collection[str] | None = None,
    stream: str | None = None,
    image: str | None = None,
    labels: str | None = None,
    regions: Collection[str | int] | None = None,
    planes: Collection[Plane] = PLANES,
    slices: int = 7,
    fit: Fit | None = None,
    convention: Convention = "radiological",
    scale: float | None = None,
    plain: bool = True,
    lut: PathLike | None = None,
    title: str = "Snapshots",
    again: bool = False,
    jobs: int = 1,
    dask: str | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    r"""Draw the outlines of every segmentation over its image, and make a page to rate them by.

    Parameters
    ----------
    source : path, sequence of paths, or DataFrame
        A SUBJECTS_DIR or anything else that `find_stats` takes, a files table; or a table with the columns
        ``subject``, ``image`` and ``labels`` (and perhaps ``session``, ``stream`` and ``source``), or the path of one
        (``.tsv``, ``.csv``, ``.parquet``), whose images are named from its folder.
    out : path
        The folder to write to, on this machine.
    subjects : collection of str, optional
        Only these.
    stream : {"cross", "long", "base"}, optional
        Only runs of this stream of FreeSurfer.
    image : str, optional
        The name of the image in ``mri``, instead of the first that is there of ``brain.mgz``, ``norm.mgz``, ``T1.mgz``,
        ``orig_nu.mgz``, ``nu.mgz``, ``orig.mgz``; or of the image that FIRST was given, also a pattern
        (``*_t1.nii.gz``), instead of a T1-weighted one beside its labels or in the two folders above.
    labels : str, optional
        The name of the segmentation in ``mri``, instead of the first that is there of ``aparc+aseg.mgz``, FastSurfer's
        ``aparc.DKTatlas+aseg.deep.mgz`` and ``aparc.DKTatlas+aseg.mapped.mgz``, ``wmparc.mgz``, ``aseg.mgz``. FIRST's
        labels are then left out.
    regions : collection of str or int, optional
        Outline only these, by name (``Left-Hippocampus``, or ``Hippocampus`` for both) or label number.
    planes : collection of {"axial", "coronal", "sagittal"}
        Planes, a picture each.
    slices : int
        Slices of a picture, evenly spaced.
    fit : {"image", "labels"}, optional
        Show all of the image that is not background, or only where there are labels, and 12 mm around them. If not
        given, the image for a brain without its skull (``brain.mgz``, ``norm.mgz``) and pairs, else the labels.
    convention : {"radiological", "neurological"}
        Whether the subject's right is at the left of axial and coronal slices, or at the right. Letters say so.
    scale : float, optional
        Pixels a millimetre. If not given, as many as make the widest picture about 2,400 pixels wide, at most 4.
    plain : bool
        Draw each picture without outlines too, so that the page can take them away.
    lut : path, optional
        Names and colours of labels: a colour table as ``FreeSurferColorLUT.txt``.
    title : str
        Title of the page.
    again : bool
        Draw all again, also what has not changed.
    jobs : int
        Processes that draw at the same time on this machine; 0 for one a processor.
    dask : str, optional
        The address of a Dask scheduler whose workers draw; see `merge`.
    executor : Executor, optional
        Any other executor of `concurrent.futures` that draws.
    progress : callable, optional
        Called as ``progress(runs done, runs in all)`` after each run.

    Returns
    -------
    DataFrame
        A row a run: subject, session, stream, source (what segmented it), image and labels (the files), the picture of
        each plane (from `out`), note (what is doubtful), problem (why there is no picture). It is also written, as
        ``snapshots.tsv``.

    Raises
    ------
    NothingFoundError
        If there is no run.
    UnknownNameError
        If a plane, region, fit or convention does not exist.
    TableError
        If two rows of a table are of one run, or `out` is not on this machine.
    OSError
        If it cannot be written.

    Warns
    -----
    FsstatsWarning
        If pictures of runs that the page does not show are left from an earlier call.

    See Also
    --------
    read_ratings : Reads what the page saves.

    Notes
    -----
    Images are turned so that the axes of the grid that are nearest to left, back and bottom are those of the pictures;
    their voxels keep their proportions. Brightness goes from the 1st percentile of all voxels to the 99.5th of those
    that are not background. An outline is one pixel wide, inside the label, in the colour of FreeSurfer's colour table,
    made lighter where it is too dark to be seen. Labels on another grid are taken from their nearest voxel, by both
    affines.

    A run with a problem gets a row that says which, and the others are drawn. A second call draws only runs whose
    files (by time and size) or options have changed, and writes the page of all that it was asked for. Pictures of
    other runs, which an earlier call drew into the same folder, stay there and are not on the page; a warning names
    them. One run at a time is in memory, or as many as there are jobs; how many there are changes nothing.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import nibabel, numpy
    >>> image = numpy.pad(numpy.full((20, 20, 20), 100, "uint8"), 6)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, values in {"t1": image, "seg": image // 100 * 17}.items():
    ...         nibabel.save(nibabel.Nifti1Image(values, numpy.eye(4)), pathlib.Path(folder, f"{name}.nii.gz"))
    ...     pairs = pd.DataFrame({"subject": ["sub-01"], "image": ["t1.nii.gz"], "labels": ["seg.nii.gz"]})
    ...     pairs.to_csv(pathlib.Path(folder, "pairs.tsv"), sep="\t", index=False)
    ...     table = snapshots(pathlib.Path(folder, "pairs.tsv"), pathlib.Path(folder, "qc"))
    >>> table[["subject", "source", "axial", "problem"]].to_dict("list")
    {'subject': ['sub-01'], 'source': ['seg'], 'axial': ['pictures/sub-01_seg_axial.png'], 'problem': [nan]}
    """
    folder = _folder(out)
    names, colours = _table_of(lut)
    look = look_of(
        Look(
            planes=tuple(listed(planes)),  # type: ignore[arg-type] # they are checked there
            slices=slices,
            fit=fit,
            convention=convention,
            scale=scale,
            plain=plain,
            only=labels_of(regions, names),
            colours=colours,
        )
    )
    runs = _runs(source, Wanted(one_or_more(subjects), stream, image, labels))
    (folder / PICTURES).mkdir(parents=True, exist_ok=True)
    tasks = [Task(run, stem, str(folder / PICTURES), look) for run, stem in zip(runs, stems(runs), strict=True)]
    with executor_for(jobs, executor, dask) as workers:
        drawn = [*_drawn(tasks, workers, progress, again=again)]
    table = _table(drawn)
    write_table(table, folder / _TABLE)
    write_text(page_of(drawn, look, names, title, PICTURES), folder / _PAGE)
    _warn_of_others(folder / PICTURES, {task.stem for task in tasks})
    return table


def _warn_of_others(pictures: Path, own: Collection[str]) -> None:
    """Say how many runs an earlier call drew that are not on the page now: whoever gets the folder gets them too."""
    others = sorted({record.stem for record in pictures.glob("*.json")} - {*own})
    if others:
        runs = f"{len(others)} run{'' if len(others) == 1 else 's'} drawn before"
        warn(f"{pictures}: pictures of {runs} that the page does not show are still there: {some_of(others)}")


def _folder(out: PathLike) -> Path:
    if "://" in os.fspath(out):
        message = f"{os.fspath(out)}: expected a folder on this machine, where a browser can open the page"
        raise TableError(message)
    return Path(out)


def _table_of(lut: PathLike | None) -> tuple[dict[int, str], dict[int, Colour]]:
    """Give the names of labels, and the colours that the user gave."""
    if lut is None:
        return dict(label_names()), {}
    data, where = content_of(os.fspath(lut)), os.fspath(lut)
    return {**label_names(), **read_lut(data, where)}, read_colours(data, where)


def _runs(source: Source, wanted: Wanted) -> list[Run]:
    """Find the runs, or take those that were named.

    Raises
    ------
    NothingFoundError
        If there is none.
    """
    if isinstance(source, pd.DataFrame):
        files = {"path", "status", "directory"} <= set(source.columns)
        found = runs_in(select_files(source, subjects=wanted.subjects), wanted) if files else runs_named(source, wanted)
    else:
        roots = [os.fspath(root) for root in ([source] if isinstance(source, str | os.PathLike) else source)]
        if len(roots) == 1 and roots[0].endswith(SUFFIXES):
            found = runs_named(read_table(roots[0]), wanted, base=Path(roots[0]).parent)
        else:
            found = find_runs(roots, wanted)
    if not found:
        message = (
            "no run to draw: expected folders with mri/*.mgz, label images of FIRST, or a table of images and labels"
        )
        raise NothingFoundError(message)
    return found


def stems(runs: Sequence[Run]) -> list[str]:
    """Give the beginning of the names of each run's files: letters that every system can write, and no two alike.

    Examples
    --------
    >>> runs = [Run(name, None, "cross", "first", None, None) for name in ("sub-01", "sub 02", "Ann", "ann")]
    >>> stems(runs)
    ['sub-01_first', 'sub_02_first-d7e65061', 'Ann_first-5458b26d', 'ann_first-f5c9e2f7']
    """
    names = [
        "_".join(filter(None, (*run.key[:2], None if run.stream == "cross" else run.stream, run.source)))
        for run in runs
    ]
    safe = [_UNSAFE.sub("_", name).lstrip(".")[:_LONGEST] for name in names]
    times = Counter(name.casefold() for name in safe)
    return [
        short if short == name and times[short.casefold()] == 1 else f"{short}-{_mark(run)}"
        for short, name, run in zip(safe, names, runs, strict=True)
    ]


def _mark(run: Run) -> str:
    return hashlib.sha256(repr((run.key, run.labels)).encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _drawn(
    tasks: Sequence[Task], workers: Executor | None, progress: Progress | None, *, again: bool
) -> Iterator[Drawn]:
    """Draw what has to be drawn, in the order of the tasks."""
    tick = ticking(len(tasks), progress)
    before = [None if again else made_before(task) for task in tasks]
    if workers is None:
        for task, made in zip(tasks, before, strict=True):
            yield made or draw(task)
            tick()
        return
    running = [made or workers.submit(draw, task) for task, made in zip(tasks, before, strict=True)]
    try:
        for one in running:
            yield one if isinstance(one, Drawn) else _finished(one)
            tick()
    finally:
        for one in running:  # if one failed, the others need not begin
            if isinstance(one, Future):
                one.cancel()


def _finished(future: Future[Drawn]) -> Drawn:
    try:
        return future.result()
    except BrokenExecutor as error:
        message = "a process that draws was killed, perhaps for its memory; the same call again goes on where it was"
        raise ChildProcessError(message) from error


def _table(drawn: Sequence[Drawn]) -> pd.DataFrame:
    rows = [
        {
            "subject": printable(one.run.subject),
            "session": one.run.session,
            "stream": one.run.stream,
            "source": one.run.source or None,
            "image": one.run.image,
            "labels": one.run.labels,
            **{plane: f"{PICTURES}/{one.picture(plane)}" for plane in one.sizes},
            "note": "; ".join(one.notes) or None,
            "problem": one.problem,
        }
        for one in drawn
    ]
    return pd.DataFrame({name: pd.Series([row.get(name) for row in rows], dtype="str") for name in COLUMNS})
