"""A small study whose files can be told apart, and child processes that merge it: what tests of `merge` share."""

import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import fsspec
import pytest

from frames_support import assert_frame_equal
from fsstats import merge, merge_part, read_table
from fsstats.io import _batch, _study

SURFACE = "# hemi {hemi}\n# subjectname {subject}\n# ColHeaders StructName NumVert ThickAvg\ninsula {n} {n}.5\ncuneus 1{n} 1.{n}\n"
VOLUME = "# ColHeaders Index SegId NVoxels Volume_mm3 StructName\n1 17 4{n} 4{n}.5 Left-Hippocampus\n2 53 5{n} 5{n}.5 Right-Hippocampus\n"
NAMES = ("s0", "s1", "s2", "s3", "s4", "s5", "s6")
N_FILES = 3
"""Of each subject."""
AT_ONCE = 2
"""Subjects of a batch in these tests."""
OUTS = {"one file": "out.parquet", "a folder": "out/", "CSV": "out.csv"}
outs = pytest.mark.parametrize("out", OUTS.values(), ids=OUTS)


def write_subject(root, name, n):
    """Write the files of one subject; `n` tells its numbers from those of others."""
    stats = root / name / "stats"
    stats.mkdir(parents=True, exist_ok=True)
    for m, hemi in enumerate(("lh", "rh")):
        (stats / f"{hemi}.mine.stats").write_text(SURFACE.format(hemi=hemi, subject=name, n=2 * n + m + 100))
    (stats / "seg.stats").write_text(VOLUME.format(n=n + 100))


def write_study(root, names=NAMES, first=0):
    """Write subjects that were finished an hour ago; give the root."""
    for n, name in enumerate(names, start=first):
        write_subject(root, name, n)
    old(root)
    return root


def old(root, seconds=3600):
    """Let younger files and folders have been changed an hour ago: what is new may change again and not show it."""
    then = time.time() - seconds
    for path in [root, *root.rglob("*")]:
        if path.exists() and path.stat().st_mtime > then:
            os.utime(path, (then, then))


def assert_same(merged, expected):
    """Compare two merges: their tables, their accounts, and the accounts that they wrote."""
    assert_frame_equal(merged.table, expected.table)
    assert_frame_equal(merged.files, expected.files)
    assert_frame_equal(read_table(merged.files_path), read_table(expected.files_path))
    assert merged.n_rows == expected.n_rows


def count_opened(monkeypatch):
    """Give a list that fills with the paths of the stats files that this process opens."""
    paths, opened = [], _batch.opened
    monkeypatch.setattr(_batch, "opened", lambda path: (paths.append(path), opened(path))[1])
    return paths


_children = multiprocessing.get_context("forkserver")
_children.set_forkserver_preload([__name__])


def in_child(work, *args):
    """Start a function of this module in a process of its own, quickly: forked from one that only imported us."""
    child = _children.Process(target=_work, args=(work, args, dict(fsspec.config.conf)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONSAFEPATH", "1")  # it has fsstats from where we have it, not from the working directory
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))  # Python 3.11 loses our path before it imports us
        child.start()
    return child


def _work(work, args, servers):
    fsspec.config.conf.update(servers)  # where the server of a test is
    work(*args)


def ended(child):
    """Wait for a child; give its exit code."""
    child.join(60)
    return child.exitcode


CHANGES = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link")
"""What Python tells of work with files (`sys.addaudithook`), each before it is done."""


def merge_and_die(root, out, at, events=CHANGES, **options):
    """Merge, and be killed before the so-manieth work with a file of the study or beside the table."""
    _study.AT_ONCE = AT_ONCE
    places, left = _places(root, out), at

    def hook(event, args):
        nonlocal left
        if event in events and str(args[0]).startswith(places):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    merge(root, out, **options)


def _places(root, out):
    return str(root), tempfile.gettempdir() if "://" in str(out) else str(Path(out).parent)


def merge_and_note(root, out, notes):
    """Merge, and write down how often `merge_and_die` could have died."""
    _study.AT_ONCE = AT_ONCE
    places, found = _places(root, out), []

    def hook(event, args):
        if event in CHANGES and str(args[0]).startswith(places):
            found.append(event)

    sys.addaudithook(hook)
    merge(root, out)
    Path(notes).write_text(str(len(found)), encoding="utf-8")


def merge_where_nothing_can_be_written(root, out, notes):
    """Merge into a folder of a read-only disk; write down what was raised."""
    folder = str(Path(out).parent)

    def hook(event, args):
        writes = event in CHANGES and (event != "open" or (args[2] & (os.O_WRONLY | os.O_RDWR)))
        if writes and str(args[0]).startswith(folder):
            raise OSError(30, "Read-only file system", str(args[0]))

    sys.addaudithook(hook)
    _noting(root, out, notes)


def merge_where_the_disk_is_full(root, out, notes, limit):
    """Merge where no file can have more than so many bytes; write down what was raised."""
    _study.AT_ONCE = AT_ONCE
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    _noting(root, out, notes)


def _noting(root, out, notes):
    try:
        merge(root, out)
    except OSError as error:
        Path(notes).write_text(f"{error}", encoding="utf-8")


def merge_and_wait(root, out, begun):
    """Merge until the first file is read, say so by a file, and go no further."""

    def wait(_done, _n_files):
        Path(begun).touch()
        time.sleep(600)

    merge(root, out, progress=wait)


READS = (*CHANGES, "os.scandir", "os.listdir")


def merge_slowly(root, out, begun, seconds, stuck=0):
    """Merge on a slow disk; say so by a file when a file of the study is read: the next ones take still longer."""
    _study.AT_ONCE = AT_ONCE
    signal.signal(signal.SIGINT, signal.default_int_handler)
    places, waits = _places(root, out), [seconds, seconds]

    def hook(event, args):
        if event in READS and str(args[0]).startswith(places):
            time.sleep(waits[str(args[0]).startswith(str(root))])

    def progress(*_):
        waits[1] = max(seconds, stuck)
        Path(begun).touch()

    sys.addaudithook(hook)
    try:
        merge(root, out, progress=progress)
    except KeyboardInterrupt:
        sys.exit(130)


def part_of(root, out, part):
    """Do one job of an array."""
    _study.AT_ONCE = AT_ONCE
    merge_part(root, out, part)


def wait_for(path):
    """Wait until a file is there."""
    until = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < until
        time.sleep(0.01)


@contextmanager
def cluster_at(folder, workers=("one", "two"), **settings):
    """Start a scheduler and its workers; give its file and the workers."""
    from distributed import Client  # noqa: PLC0415 - the children that import this module have no use for it

    address = str(folder / "scheduler.json")
    running = [_started("dask_scheduler", "--scheduler-file", address, "--port", "0", **settings)]
    for name in workers:
        options = ("--no-nanny", "--nthreads", "1", "--memory-limit", "0", "--local-directory", str(folder / name))
        running.append(_started("dask_worker", "--scheduler-file", address, *options))
    try:
        wait_for(folder / "scheduler.json")
        with Client(scheduler_file=address) as client:
            if workers:
                client.wait_for_workers(len(workers), timeout=60)
        yield address, running[1:]
    finally:
        for process in running:
            process.kill()
            process.wait()


def _started(command, *words, **settings):
    program = ("-c", "import sys; from distributed.cli." + command + " import main; sys.exit(main())")
    return subprocess.Popen(
        [sys.executable, *program, "--host", "127.0.0.1", "--no-dashboard", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={**os.environ, **settings},
    )
