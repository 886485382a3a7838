"""What is remembered of jobs, and what is made of it when it is read again."""

import os
import socket
import subprocess
import sys

import pytest

from fsstats.io import _locks
from fsstats.io._processes import born
from fsstats.runners.engine._processes import group_lives
from fsstats.runners.engine.state import Mark, Record, as_it_is, status_of

HERE = socket.gethostname()
NOBODY = 4194305
"""More than the greatest number of a process."""


def record(**more):
    return Record("sub-01", None, "bet", ["bet"], "/out", **more)


def test_a_record_is_read_as_it_was_written(tmp_path):
    argv = ["bet", "a b", "-x\n", "\udcff", "ü"]
    mark = Mark(
        argv, "failed", ["a", "b"], ["1 x", ""], "2026-11-26T10:00:00+00:00", 1.5, 2, "it failed", HERE, 17, "99"
    )
    one = record(status="failed", step=0, reason="bet: it failed", marks={0: mark})
    one.save(tmp_path / "a.json")
    assert Record.load(tmp_path / "a.json") == one


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"subject": "a"}', '{"marks": {"0": {"odd": 1}}}'])
def test_what_is_no_record_is_none(tmp_path, text):
    if text is not None:
        (tmp_path / "a.json").write_text(text)
    assert Record.load(tmp_path / "a.json") is None


RUNNING = {
    "a living call": (
        f"{HERE} {os.getpid()} x",
        None,
        "running",
        f"it runs on {HERE} (process {os.getpid()}) since 20",
    ),
    "another machine": ("far-away 1 x", None, "running", "it runs on far-away (process 1) since 20"),
    "a later process of its number": (f"{HERE} {os.getpid()} x 1", None, "interrupted", "what ran it is gone"),
    "a dead call": (f"{HERE} {NOBODY} x", None, "interrupted", "what ran it is gone; the next call goes on with it"),
    "no call": (None, None, "interrupted", "what ran it is gone"),
    "its program alone": (None, os.getpgrp(), "running", f"its program still runs (process {os.getpgrp()})"),
    "neither": (None, NOBODY, "interrupted", "what ran it is gone"),
}


@pytest.mark.parametrize(("claim", "pid", "status", "said"), RUNNING.values(), ids=RUNNING)
def test_what_is_said_to_run_is_looked_at(tmp_path, claim, pid, status, said):
    path = tmp_path / "fsstats-run" / "bet" / "sub-01.json"
    path.parent.mkdir(parents=True)
    mark = Mark(["bet"], "running", host=HERE, pid=pid, born=born(pid or NOBODY))
    record(status="running", step=0, marks={0: mark}).save(path)
    if claim is not None:
        path.with_suffix(".claim").write_text(claim)
    row = status_of(tmp_path).iloc[0]
    assert row["status"] == status
    assert row["reason"].startswith(said)
    assert row["step"] == "1/1 bet"


def test_a_damaged_record_is_not_missing_from_the_table(tmp_path):
    path = tmp_path / "fsstats-run" / "bet" / "sub-01.json"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    row = status_of(tmp_path).iloc[0]
    assert (row["subject"], row["job"], row["status"]) == ("sub-01", "bet", "interrupted")
    assert row["reason"].startswith("what was known of it cannot be read")


def test_a_later_process_of_the_same_number_is_another():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as child:
        try:
            assert group_lives(child.pid, born(child.pid))
            assert not group_lives(child.pid, "12")
        finally:
            child.kill()


def test_what_does_not_run_stays_as_it_is(tmp_path):
    one = record(status="failed", reason="bet: no")
    assert as_it_is(one, tmp_path / "a.json") == record(status="failed", reason="bet: no")


def test_a_lock_is_there_whole_from_its_first_moment(tmp_path, monkeypatch):
    """Else another call would find it empty, and take it for that of a process that was killed while it wrote."""
    lock = tmp_path / "a.claim"
    own = _locks.take(lock, RuntimeError)
    assert [path.name for path in tmp_path.iterdir()] == ["a.claim"]
    with pytest.raises(RuntimeError, match=own):
        _locks.take(lock, RuntimeError)
    _locks.release(lock, "of another")
    assert lock.exists()
    _locks.release(lock, own)
    assert not lock.exists()


def test_a_disk_without_links_has_locks_too(tmp_path, monkeypatch):
    monkeypatch.setattr("pathlib.Path.hardlink_to", lambda *_: (_ for _ in ()).throw(PermissionError()))
    own = _locks.take(tmp_path / "a.claim", RuntimeError)
    assert (tmp_path / "a.claim").read_text() == own
    with pytest.raises(RuntimeError):
        _locks.take(tmp_path / "a.claim", RuntimeError)
