"""Disks that take long: the same results, nobody loses a lock, and a wish to stop is heard."""

import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem

import fsstats as fs
from frames_support import assert_frame_equal
from fsstats.io import _locks
from merge_support import assert_same, ended, in_child, merge_slowly, write_study

pytestmark = pytest.mark.usefixtures("small_batches")
WAIT = 0.02


@pytest.fixture
def study(tmp_path):
    return write_study(tmp_path / "study")


@pytest.fixture
def at(tmp_path):
    (tmp_path / "out").mkdir()
    return lambda name: f"{tmp_path / 'out'}/{name}"


@pytest.fixture
def expected(study, tmp_path):
    """The merge of a quick disk."""
    (tmp_path / "quick").mkdir()
    return lambda out: fs.merge(study, f"{tmp_path / 'quick'}/{out}")


def begun(child, path):
    while not path.exists():
        assert child.is_alive()
        time.sleep(0.01)


def test_a_merge_gives_the_same_and_keeps_its_lock(study, at, expected, tmp_path):
    out = "out/"
    child = in_child(merge_slowly, study, at(out), tmp_path / "begun", WAIT, 0.1)
    begun(child, tmp_path / "begun")
    refused = 0
    while child.is_alive():
        try:
            fs.merge(study, at(out))
        except fs.TableError as error:
            refused += bool(re.search(rf"another merge into this table is running \(.* {child.pid}\)", str(error)))
        time.sleep(0.5)
    assert ended(child) == 0
    assert refused
    assert_same(fs.merge(study, at(out)), expected(out))


def test_who_asks_to_stop_is_heard_and_the_next_merge_goes_on(study, at, expected, tmp_path):
    child = in_child(merge_slowly, study, at("out.parquet"), tmp_path / "begun", 0.01, 60)
    begun(child, tmp_path / "begun")
    since = time.monotonic()
    os.kill(child.pid, signal.SIGINT)
    assert ended(child) == 130
    assert time.monotonic() - since < 5
    assert not Path(at(".out.parquet.lock")).exists()
    assert_same(fs.merge(study, at("out.parquet")), expected("out.parquet"))


def slow(monkeypatch, *names):
    """Let a server in memory take long for what is asked of it."""
    for name in names:
        quick = getattr(MemoryFileSystem, name)
        monkeypatch.setattr(
            MemoryFileSystem, name, lambda *args, _quick=quick, **more: (time.sleep(WAIT), _quick(*args, **more))[1]
        )


@pytest.fixture
def server(study, monkeypatch):
    """The study on a server that takes long."""
    store = MemoryFileSystem()
    store.put(str(study), "/slow", recursive=True)
    slow(monkeypatch, "ls", "info", "_open", "cat_file", "pipe_file")
    yield "memory://slow"
    monkeypatch.undo()
    store.rm("/slow", recursive=True)


def test_a_study_on_a_slow_server_reads_the_same_and_tells_how_far_it_is(study, server):
    told = []
    found = fs.load_cohort(server, progress=lambda *at: told.append((time.monotonic(), *at)))
    assert_frame_equal(found.table, fs.load(study))
    times, done, of = zip(*told, strict=True)
    assert done[-1] == of[-1] == 21
    assert [*done] == sorted(done)
    assert max(later - earlier for earlier, later in pairwise(times)) < 2


def test_a_table_on_a_slow_server_reads_the_same(study, server, at):
    fs.merge(study, at("out.parquet"))
    fs.merge(study, f"{server}/out.parquet")
    for choice in ({}, {"source": "seg"}, {"measure": "thickness"}):
        there, here = (fs.read_table(path, **choice) for path in (f"{server}/out.parquet", at("out.parquet")))
        assert_frame_equal(there, here)


class _TakenError(Exception):
    """A lock is another's."""


def take(lock):
    return _locks.take(lock, lambda holder: _TakenError(_locks.said(holder)))


@pytest.fixture
def no_links(monkeypatch):
    """A disk without hard links, on which a new file is empty for a while."""
    opened = Path.open

    def open_slowly(path, mode="r", **more):
        file = opened(path, mode, **more)
        time.sleep(0.3 if mode == "x" else 0)
        return file

    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    monkeypatch.setattr(Path, "open", open_slowly)


@pytest.mark.usefixtures("no_links")
def test_a_lock_that_is_being_written_is_not_taken_for_a_dead_one(tmp_path):
    lock = tmp_path / "lock"
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(take, lock)
        while not lock.exists():
            time.sleep(0.01)
        assert lock.read_text() == ""
        with pytest.raises(_TakenError, match=str(os.getpid())):
            take(lock)
        assert lock.read_text() == first.result()


def test_a_lock_whose_making_was_answered_twice_is_ours(tmp_path, monkeypatch):
    def asked_again(path, text):
        path.write_text(text)
        raise FileExistsError(path)

    monkeypatch.setattr(_locks, "create", asked_again)
    assert take(tmp_path / "lock") == (tmp_path / "lock").read_text()


def test_where_a_process_cannot_be_asked_for_its_lock_holds(tmp_path, monkeypatch):
    lock = tmp_path / "lock"
    own = take(lock)

    def stop(*_):
        pytest.fail("on Windows this ends the process")

    monkeypatch.setattr(os, "kill", stop)
    monkeypatch.setattr(os, "name", "nt")
    assert _locks.is_running(own)
    monkeypatch.undo()
