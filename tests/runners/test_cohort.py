"""Cohorts: what failed costs nothing else, what is done is left alone, and what was stopped goes on."""

import errno
import json
import os
import shutil
import signal
import socket
import sys
import threading
import time
import unicodedata
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from fsstats.discovery import find_stats
from fsstats.errors import NothingFoundError, RunError
from fsstats.runners.command import Command, Suite, Tool
from fsstats.runners.engine.cohort import _Pace, run_jobs
from fsstats.runners.engine.jobs import Job
from fsstats.runners.engine.left import _reads_of
from fsstats.runners.engine.state import STATUS_COLUMNS, Mark, Record, status_of
from fsstats.runners.programs.fsl import bet, fast
from fsstats.runners.programs.recon import recon_all
from runners.stand_ins import FORK, calls, forking, plan, stand_in_suites

TIMES = ["started", "seconds"]


@pytest.fixture
def bins(tmp_path, monkeypatch):
    return stand_in_suites(monkeypatch, tmp_path, "bet", "fast", "recon-all")


@pytest.fixture
def out(tmp_path, bins):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def subject(number):
    return f"sub-{number:03d}"


def job(out, number=1, **options):
    """Extract a brain."""
    image = out.parent / f"{subject(number)}_T1w.nii.gz"
    image.write_text("image")
    return Job(
        subject=subject(number), name="bet", out=out, steps=(bet(image, out / subject(number) / "brain", **options),)
    )


def two_steps(out, number=1):
    """Extract a brain, and segment its tissues."""
    one = job(out, number)
    brain = out / subject(number) / "brain.nii.gz"
    return replace(one, name="structural", steps=(*one.steps, fast(brain, o=out / subject(number) / "t")))


def reconstruction(out, number=1):
    image = out.parent / f"{subject(number)}_T1w.nii.gz"
    image.write_text("image")
    step = recon_all(i=image, s=subject(number), all=True, sd=out)
    return Job(subject=subject(number), session=None, name="recon-all", out=out, steps=(step,))


def states(table):
    return table["status"].to_list()


def test_the_table_has_a_row_a_job(out, bins):
    jobs = [replace(two_steps(out, 2), session="ses-1"), two_steps(out, 1)]
    table = run_jobs(jobs)
    assert list(table.columns) == [*STATUS_COLUMNS]
    assert table["subject"].to_list() == ["sub-002", "sub-001"]
    assert table["session"].to_list()[0] == "ses-1"
    assert table["session"].isna().to_list() == [False, True]
    assert states(table) == ["done", "done"]
    assert table["step"].to_list() == ["2/2 fast"] * 2
    assert table["attempts"].to_list() == [1, 1]
    assert table["reason"].isna().all()
    assert (table["seconds"] > 0).all()
    assert str(table["started"].dtype.tz) == "UTC"
    assert [Path(log).name for log in table["log"]] == ["sub-002_ses-1.log", "sub-001.log"]
    again = status_of(out).sort_values("subject", ascending=False, ignore_index=True)
    pd.testing.assert_frame_equal(again, table)


def test_what_is_done_is_not_run_again(out, bins):
    first = run_jobs([two_steps(out)])
    again = run_jobs([two_steps(out)])
    pd.testing.assert_frame_equal(again, first)
    assert len(calls(bins)) == 2


def test_with_overwrite_it_is(out, bins):
    run_jobs([two_steps(out)])
    assert states(run_jobs([two_steps(out)], overwrite=True)) == ["done"]
    assert len(calls(bins)) == 4


def test_outputs_that_others_made_are_found(out, bins):
    one = job(out)
    run_jobs([replace(one, name="by hand")])
    for _ in range(2):
        table = run_jobs([one])
        assert states(table) == ["found"]
        assert table["attempts"].to_list() == [0]
        assert table[["started", "seconds", "log"]].isna().all(axis=None)
    assert len(calls(bins)) == 1


def test_outputs_that_are_there_in_part_are_refused(out, bins):
    mask = out / subject(1) / "brain_mask.nii.gz"
    mask.parent.mkdir()
    mask.write_text("precious")
    table = run_jobs([job(out, m=True), job(out, 2)])
    assert states(table) == ["refused", "done"]
    assert f"found that {mask} is there already" in table["reason"][0]
    assert mask.read_text() == "precious"
    assert states(run_jobs([job(out, m=True)], overwrite=True)) == ["done"]


def test_nothing_is_begun_if_a_later_step_is_refused(out, bins):
    one = two_steps(out)
    (out / subject(1)).mkdir()
    (out / subject(1) / "t_pve_0.nii.gz").write_text("precious")
    table = run_jobs([one])
    assert states(table) == ["refused"]
    assert table["step"].to_list() == ["2/2 fast"]
    assert calls(bins) == []


def test_another_command_line_is_not_taken_for_done(out, bins):
    run_jobs([job(out)])
    table = run_jobs([job(out, f=0.3)])
    assert states(table) == ["refused"]
    assert "It was made by another command line: bet" in table["reason"][0]


def test_after_a_failure_another_command_line_replaces_only_what_is_ours(out, bins):
    plan(bins, {"do": "fail", "times": 2})
    one = job(out)
    run_jobs([one])
    precious = out / subject(1) / "other.nii.gz"
    precious.write_text("precious")
    image = one.steps[0].inputs[0]
    assert states(run_jobs([replace(one, steps=(bet(image, precious),))])) == ["refused"]
    assert precious.read_text() == "precious"
    assert states(run_jobs([job(out, f=0.3)])) == ["failed"]
    assert states(run_jobs([job(out, f=0.4)])) == ["done"]


def test_a_full_disk_is_one_failure(out, bins, monkeypatch):
    """What cannot be written down may not cost other jobs."""
    jobs = [job(out, 0), job(out, 1)]
    jobs[0].log.parent.mkdir(parents=True)
    jobs[0].log.mkdir()
    table = run_jobs(jobs)
    assert states(table) == ["failed", "done"]
    assert table["reason"][0].startswith("Is a directory: ")
    assert states(status_of(out)) == ["failed", "done"]


def test_an_image_that_was_replaced_does_not_pass_for_the_old_one(out, bins):
    one = two_steps(out)
    run_jobs([one])
    image = one.steps[0].inputs[0]
    os.utime(image, (1, 1))
    (out / subject(1) / "brain.nii.gz").write_text("mended by hand")
    assert states(run_jobs([one])) == ["done"]
    image.write_text("another")
    table = run_jobs([one])
    assert states(table) == ["refused"]
    assert table["reason"][0].startswith(f"bet: expected {image} as it was on 20")
    assert table["reason"][0].endswith("To make it anew, allow its outputs to be replaced (overwrite)")
    assert len(calls(bins)) == 2
    assert states(run_jobs([one], overwrite=True)) == ["done"]
    assert states(run_jobs([one])) == ["done"]
    image.unlink()
    assert states(run_jobs([one])) == ["done"]
    assert len(calls(bins)) == 4


@pytest.mark.parametrize("make", [two_steps, reconstruction])
def test_a_study_may_be_moved(tmp_path, bins, make):
    (tmp_path / "here" / "out").mkdir(parents=True)
    run_jobs([make(tmp_path / "here" / "out")])
    n = len(calls(bins))
    (tmp_path / "here").rename(tmp_path / "there")
    assert states(run_jobs([make(tmp_path / "there" / "out")])) == ["done"]
    (tmp_path / "there" / "out").rename(tmp_path / "there" / "subjects")
    assert states(run_jobs([make(tmp_path / "there" / "subjects")])) == ["done"]
    assert len(calls(bins)) == n


def test_outputs_at_another_place_are_not_taken_for_those_that_were_made(out, bins):
    one = job(out)
    run_jobs([one])
    precious = out / "other" / "brain.nii.gz"
    precious.parent.mkdir()
    precious.write_text("precious")
    assert states(run_jobs([replace(one, steps=(bet(one.steps[0].inputs[0], precious),))])) == ["refused"]
    assert precious.read_text() == "precious"


def test_the_time_that_is_left_is_told_by_what_was_run_now(monkeypatch):
    clock = iter([0.0, 8.0, 8.0])
    monkeypatch.setattr("fsstats.runners.engine.cohort.time.monotonic", lambda: next(clock))
    pace = _Pace(4)
    done = Record("a", None, "bet", ["bet"], "/out", "done", marks={0: Mark([], "done", started="2020", seconds=9)})
    assert pace.left(90, done) is None
    for n, hours in ((80, 8), (79, 8)):
        done.marks[0] = Mark([], "done", started="9999", seconds=hours)
        assert pace.left(n, done) == n * 8 / 4


def test_what_is_gone_is_made_again_with_all_that_comes_of_it(out, bins):
    run_jobs([two_steps(out)])
    (out / subject(1) / "brain.nii.gz").unlink()
    assert states(run_jobs([two_steps(out)])) == ["done"]
    assert [line[0] for line in calls(bins)] == ["bet", "fast", "bet", "fast"]


def without_image(bins, patch):
    (bins.parent.parent / "sub-001_T1w.nii.gz").unlink()


def without_program(bins, patch):
    (bins / "bet").unlink()


def without_variable(bins, patch):
    patch.delenv("FSLDIR")


MISSING = {
    "an input": (without_image, "expected the input"),
    "a program": (without_program, "expected the program bet of FSL, found none"),
    "the variable": (without_variable, "that the variable FSLDIR is not set"),
}


@pytest.mark.parametrize(("take_away", "said"), MISSING.values(), ids=MISSING)
def test_what_is_missing_is_said_and_nothing_started(out, bins, monkeypatch, take_away, said):
    one = job(out)
    take_away(bins, monkeypatch)
    table = run_jobs([one], retries=3)
    assert states(table) == ["refused"]
    assert said in table["reason"][0]
    assert table["attempts"].to_list() == [0]
    assert calls(bins) == []


def test_without_a_licence_nothing_is_started(out, bins):
    (bins.parent / "license.txt").unlink()
    table = run_jobs([reconstruction(out)])
    assert states(table) == ["refused"]
    assert "expected the licence of FreeSurfer, found no file" in table["reason"][0]
    assert not (out / subject(1)).exists()


def test_a_failure_in_the_middle_goes_on_there(out, bins):
    plan(bins, {"program": "fast", "do": "fail", "times": 1})
    table = run_jobs([two_steps(out)])
    assert states(table) == ["failed"]
    assert table["step"].to_list() == ["2/2 fast"]
    assert table["reason"].to_list() == ["fast: it ended with status 1: ERROR: as planned"]
    assert states(run_jobs([two_steps(out)])) == ["done"]
    assert [line[0] for line in calls(bins)] == ["bet", "fast", "fast"]
    assert run_jobs([two_steps(out)])["attempts"].to_list() == [2]


def test_a_retry_may_succeed(out, bins):
    plan(bins, {"do": "fail", "times": 2})
    table = run_jobs([job(out)], retries=2)
    assert states(table) == ["done"]
    assert table["attempts"].to_list() == [3]
    plan(bins, {"do": "fail"})
    assert states(run_jobs([job(out, 2)], retries=1)) == ["failed"]
    assert len(calls(bins)) == 5


def test_a_killed_program_is_one_failure_among_others(out, bins):
    plan(bins, {"do": "kill", "with": [subject(2)], "times": 1})
    jobs = [job(out, number) for number in (1, 2, 3)]
    table = run_jobs(jobs)
    assert states(table) == ["done", "failed", "done"]
    assert "(signal SIGKILL)" in table["reason"][1]
    assert states(run_jobs(jobs)) == ["done"] * 3
    assert len(calls(bins)) == 4


def test_time_that_is_up_is_a_failure(out, bins):
    plan(bins, {"do": "sleep", "with": [subject(1)]})
    table = run_jobs([job(out, 1), job(out, 2)], timeout=0.6, n_jobs=2)
    assert states(table) == ["failed", "done"]
    assert table["reason"][0] == "bet: it was stopped when its time was up, after 0.6 s"


def test_of_200_subjects_a_tenth_fails_and_nothing_is_lost(tmp_path):
    """The program is the system's ``cp``, which is quick, and refuses folders."""
    copy = Tool(program="cp", suite=Suite(name="the system"), says="", options=dict)
    images = [tmp_path / f"{subject(number)}.nii" for number in range(200)]
    made = [tmp_path / "out" / image.name for image in images]
    steps = [
        Command(tool=copy, arguments=(str(one), str(new)), inputs=(one,), outputs=(new,))
        for one, new in zip(images, made, strict=True)
    ]
    jobs = [
        Job(subject=one.stem, name="copy", out=tmp_path / "out", steps=(line,))
        for one, line in zip(images, steps, strict=True)
    ]
    for number, image in enumerate(images):
        image.write_text("image") if number % 10 else image.mkdir()
    seen = []
    table = run_jobs(jobs, n_jobs=4, progress=lambda *said: seen.append(said))
    assert table["subject"].to_list() == [image.stem for image in images]
    assert [status == "failed" for status in states(table)] == [number % 10 == 0 for number in range(200)]
    assert table["reason"].dropna().str.contains("omitting directory").sum() == 20
    assert sum(path.exists() for path in made) == 180
    assert [done for done, _, _ in seen] == list(range(201))
    assert {n for _, n, _ in seen} == {200}
    assert seen[0][2] is None
    assert seen[-1][2] == 0
    for image in images[::10]:
        image.rmdir()
        image.write_text("image")
    again = run_jobs(jobs, n_jobs=4)
    assert states(again) == ["done"] * 200
    assert again["attempts"].to_list() == [1 + (number % 10 == 0) for number in range(200)]


@pytest.mark.parametrize("kind", ["4 threads", "2 processes"])
def test_results_do_not_depend_on_the_workers(out, tmp_path, bins, kind):
    plan(bins, {"do": "fail", "with": [subject(3)]}, {"do": "fail", "with": ["fast", subject(4)]})
    one = run_jobs([two_steps(out, number) for number in range(5)])
    other = tmp_path / "other"
    jobs = [two_steps(other, number) for number in range(5)]
    if kind == "4 threads":
        table = run_jobs(jobs, n_jobs=4)
    else:
        with forking(), ProcessPoolExecutor(2, mp_context=FORK) as pool:
            table = run_jobs(jobs, executor=pool)
    same = [name for name in STATUS_COLUMNS if name not in {*TIMES, "log"}]
    pd.testing.assert_frame_equal(table[same], one[same])


def test_a_dask_cluster_runs_jobs(out, bins):
    distributed = pytest.importorskip("distributed")
    jobs = [two_steps(out, number) for number in range(3)]
    plan(bins, {"do": "fail", "with": [subject(1)]})
    with distributed.Client(processes=False, n_workers=1, threads_per_worker=2, dashboard_address=None) as client:
        table = run_jobs(jobs, executor=client.get_executor())
    assert states(table) == ["done", "failed", "done"]


@pytest.mark.parametrize("new", [0, 1, 2])
def test_a_session_that_is_added_makes_no_other_anew(out, bins, new):
    steps = [job(out, number).steps[0] for number in range(3)]
    run_jobs([Job(subject="a", name="all", out=out, steps=(*steps[:new], *steps[new + 1 :]))])
    table = run_jobs([Job(subject="a", name="all", out=out, steps=(*steps,))])
    assert states(table) == ["done"]
    assert table["attempts"].to_list() == [1]
    assert len(calls(bins)) == 3


def test_what_reads_a_folder_that_is_made_anew_is_made_anew(out, bins):
    """A template is made of sessions: of their folders."""
    sessions = [reconstruction(out, number).steps[0] for number in (1, 2)]
    template = recon_all(base="sub-001", tp=["sub-001_a"], all=True, sd=out)
    assert _reads_of(replace(template, inputs=(out, out / subject(1))), sessions[:1])
    assert not _reads_of(sessions[1], sessions[:1])
    assert not _reads_of(sessions[1], [])


def test_a_worker_that_dies_loses_no_other_job(out, bins):
    plan(bins, {"do": "sleep", "with": [subject(0)], "times": 1})
    jobs = [job(out, number) for number in range(3)]
    with forking(), ProcessPoolExecutor(1, mp_context=FORK) as pool:
        worker = pool.submit(os.getpid).result()
        killer = threading.Thread(target=lambda: (_until(lambda: calls(bins)), os.kill(worker, signal.SIGKILL)))
        killer.start()
        table = run_jobs(jobs, executor=pool)
        killer.join()
    assert states(table) == ["running", "waiting", "waiting"]
    _until(lambda: "its program still runs (process " in status_of(out)["reason"][0])
    assert "its worker ended before it: BrokenProcessPool" in table["reason"][1]
    table = run_jobs(jobs, take_over=True)
    assert states(table) == ["done"] * 3


def _until(ask, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = ask()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"nothing came of {ask}")


def work(out, n, more):
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        run_jobs([job(out, number) for number in range(n)], **more)
    except KeyboardInterrupt:
        os._exit(130)


@contextmanager
def another_call(out, n, **more):
    """Run a cohort in a process of its own."""
    process = FORK.Process(target=work, args=(out, n, more))
    with forking():
        process.start()
    try:
        yield process
    finally:
        process.join(20)
        process.close()


def test_a_killed_call_goes_on_and_runs_nothing_twice_that_was_done(out, bins):
    jobs = [job(out, number) for number in range(3)]
    plan(bins, {"do": "sleep", "with": [f"{subject(1)}_T1w"], "times": 1})
    with another_call(out, 3) as other:
        _until(lambda: any(subject(1) in " ".join(line) for line in calls(bins)))
        _until((out / subject(1) / "brain.nii.gz").exists)
        assert states(status_of(out)) == ["done", "running", "waiting"]
        other.kill()
    table = run_jobs(jobs)
    assert states(table) == ["done", "running", "done"]
    assert "though the call that started it is gone" in table["reason"][1]
    pid = json.loads(jobs[1].record.read_text())["marks"]["0"]["pid"]
    os.killpg(pid, signal.SIGKILL)
    _until(lambda: states(status_of(out))[1] == "interrupted")
    table = run_jobs(jobs)
    assert states(table) == ["done"] * 3
    assert table["attempts"].to_list() == [1, 2, 1]
    assert [sum(f"{subject(number)}_T1w" in " ".join(line) for line in calls(bins)) for number in range(3)] == [1, 2, 1]


def test_what_outlived_its_call_is_ended_by_take_over(out, bins):
    one = job(out, 0)
    plan(bins, {"do": "sleep", "times": 1})
    with another_call(out, 1) as other:
        _until((out / subject(0) / "brain.nii.gz").exists)
        other.kill()
    pid = json.loads(one.record.read_text())["marks"]["0"]["pid"]
    assert states(run_jobs([one], take_over=True)) == ["done"]
    assert not _is_alive(pid)


def _is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_ctrl_c_stops_all_and_the_next_call_goes_on(out, bins):
    jobs = [job(out, number) for number in range(4)]
    plan(bins, {"do": "sleep", "times": 2})
    with another_call(out, 4, n_jobs=2) as other:
        _until(lambda: len(list(out.glob("*/brain.nii.gz"))) == 2)
        os.kill(other.pid, signal.SIGINT)
        other.join(20)
        assert other.exitcode == 130
    table = status_of(out)
    assert states(table) == ["interrupted", "interrupted", "waiting", "waiting"]
    assert table["reason"].to_list()[:2] == ["bet: it was stopped"] * 2
    assert not any(
        _is_alive(mark["pid"]) for one in jobs[:2] for mark in json.loads(one.record.read_text())["marks"].values()
    )
    assert not [path.name for path in (out / "fsstats-run").iterdir() if path.name.startswith(".stop")]
    assert states(run_jobs(jobs)) == ["done"] * 4
    assert len(calls(bins)) == 6


def test_an_error_of_who_watches_stops_all_also_on_a_full_disk(out, bins, monkeypatch):
    plan(bins, {"do": "sleep", "with": [subject(1)]})

    def no_space(*_args, **_more):
        raise OSError(errno.ENOSPC, "No space left on device")

    def progress(done, _n, _left):
        if done:
            monkeypatch.setattr(Path, "touch", no_space)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_jobs([job(out, 0), job(out, 1)], n_jobs=2, progress=progress)
    assert states(status_of(out)) == ["done", "interrupted"]


def test_a_wish_to_stop_reaches_what_runs_while_jobs_are_handed_out(out, bins):
    class Interrupted(ThreadPoolExecutor):
        def submit(self, call, one, how):
            if one.subject == subject(0):
                return super().submit(call, one, how)
            _until(lambda: calls(bins))
            raise KeyboardInterrupt

    plan(bins, {"do": "sleep"})
    with Interrupted() as executor, pytest.raises(KeyboardInterrupt):
        run_jobs([job(out, 0), job(out, 1)], executor=executor)
    assert states(status_of(out)) == ["interrupted", "waiting"]


def test_who_asks_twice_to_stop_is_heard(out, bins, monkeypatch):
    """A program that will not end has some seconds before it is killed; meanwhile users press ctrl-C again."""
    monkeypatch.setattr("fsstats.runners.engine._processes._GRACE", 0.6)
    plan(bins, {"do": "ignore"})
    with another_call(out, 2, retries=2) as other:
        _until((out / subject(0) / "brain.nii.gz").exists)
        for _ in range(2):
            os.kill(other.pid, signal.SIGINT)
            time.sleep(0.3)
        other.join(20)
        assert other.exitcode == 130
    assert states(status_of(out)) == ["interrupted", "waiting"]
    assert len(calls(bins)) == 1
    assert [path.name for path in (out / "fsstats-run").iterdir()] == ["bet"]


def test_jobs_that_a_cluster_has_given_up_are_in_the_table(out, bins):
    class Gone(ThreadPoolExecutor):
        def submit(self, call, one, how):
            if one.subject == subject(0):
                return super().submit(call, one, how)
            lost = Future()
            lost.cancel()
            lost.set_running_or_notify_cancel()
            return lost

    with Gone() as executor:
        table = run_jobs([job(out, 0), job(out, 1)], executor=executor)
    assert states(table) == ["done", "waiting"]
    assert table["reason"][1] == "its worker ended before it: CancelledError: "


def test_two_calls_at_once_share_the_work(out, bins):
    jobs = [job(out, number) for number in range(12)]
    plan(bins, {"do": "sleep", "seconds": 0.05})
    with another_call(out, 12, n_jobs=2) as other:
        _until(lambda: calls(bins))
        mine = run_jobs(jobs, n_jobs=2)
        other.join(20)
        assert other.exitcode == 0
    assert set(states(mine)) <= {"done", "running"}
    assert states(status_of(out)) == ["done"] * 12
    assert len(calls(bins)) == 12


def test_two_calls_run_nothing_twice_on_a_slow_disk_without_hard_links(out, bins, monkeypatch):
    opened = Path.open

    def open_slowly(path, mode="r", *args, **more):
        file = opened(path, mode, *args, **more)
        time.sleep(0.1 if mode == "x" else 0.01)
        return file

    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    monkeypatch.setattr(Path, "open", open_slowly)
    with another_call(out, 6, n_jobs=2) as other:
        mine = run_jobs([job(out, number) for number in range(6)], n_jobs=2)
        other.join(20)
        assert other.exitcode == 0
    assert set(states(mine)) <= {"done", "running"}
    assert states(status_of(out)) == ["done"] * 6
    assert len(calls(bins)) == 6


def test_what_another_machine_runs_is_left_alone_unless_taken_over(out, bins):
    one = job(out)
    one.record.parent.mkdir(parents=True)
    one.claim.write_text("far-away 17 abc")
    table = run_jobs([one])
    assert states(table) == ["running"]
    assert table["reason"][0].startswith("it runs on far-away (process 17) since 20")
    assert table["reason"][0].endswith("; if that is over, allow that it is taken over (take_over)")
    assert calls(bins) == []
    assert states(run_jobs([one], take_over=True)) == ["done"]
    assert not one.claim.exists()


def test_the_claim_of_a_living_process_here_is_never_taken_over(out, bins):
    one = job(out)
    one.record.parent.mkdir(parents=True)
    one.claim.write_text(f"{socket.gethostname()} {os.getpid()} abc")
    assert states(run_jobs([one], take_over=True)) == ["running"]
    one.claim.write_text(f"{socket.gethostname()} 4194305 abc")
    assert states(run_jobs([one])) == ["done"]


class TestReconAll:
    """recon-all refuses subjects that are there, and has a state of its own."""

    def test_a_new_subject(self, out, bins):
        assert states(run_jobs([reconstruction(out)])) == ["done"]
        assert "-i" in calls(bins)[0]
        assert states(run_jobs([reconstruction(out)])) == ["done"]
        assert len(calls(bins)) == 1

    def test_a_failed_subject_is_gone_on_with_without_its_image(self, out, bins):
        plan(bins, {"do": "fail", "times": 1, "say": "ERROR: mri_ca_register died"})
        table = run_jobs([reconstruction(out)], retries=1)
        assert states(table) == ["done"]
        assert ["-i" in line for line in calls(bins)] == [True, False]

    @pytest.mark.parametrize("is_failed", [True, False])
    def test_it_would_not_take_another_image_in(self, out, bins, is_failed):
        plan(bins, *[{"do": "fail"}] * is_failed)
        one = reconstruction(out)
        run_jobs([one])
        image = one.steps[0].inputs[0]
        more = image.with_name("run-2.nii.gz")
        more.write_text("image")
        two = replace(one, steps=(recon_all(i=[image, more], s=subject(1), all=True, sd=out),))
        assert states(run_jobs([two])) == ["refused"]
        image.write_text("another")
        for overwrite in (False, True):
            table = run_jobs([one], overwrite=overwrite)
            assert states(table) == ["refused"]
            assert table["reason"][0].endswith(f"To make it anew, remove or rename {out / subject(1)}")
        assert len(calls(bins)) == 1
        shutil.rmtree(out / subject(1))
        plan(bins)
        assert states(run_jobs([one])) == ["done"]

    def test_the_reason_is_its_own_error(self, out, bins):
        plan(bins, {"do": "fail", "say": "ERROR: mri_ca_register died"})
        table = run_jobs([reconstruction(out)])
        assert table["reason"][0] == "recon-all: it ended with status 1: ERROR: mri_ca_register died"

    def test_a_killed_run_leaves_a_sign_that_is_known_to_be_old(self, out, bins):
        plan(bins, {"do": "kill", "times": 1})
        assert states(run_jobs([reconstruction(out)])) == ["failed"]
        assert (out / subject(1) / "scripts" / "IsRunning.lh+rh").exists()
        assert states(run_jobs([reconstruction(out)])) == ["done"]
        assert "-no-isrunning" in calls(bins)[1]

    def test_one_that_was_stopped_before_it_had_an_image_begins_anew(self, out, bins):
        plan(bins, {"do": "kill", "times": 1})
        run_jobs([reconstruction(out)])
        shutil.rmtree(out / subject(1) / "mri")
        (out / subject(1) / "stats").mkdir()
        (out / subject(1) / "stats" / "of others").write_text("precious")
        assert states(run_jobs([reconstruction(out)])) == ["refused"]
        (out / subject(1) / "stats" / "of others").unlink()
        for folder in ("surf", "label"):
            shutil.rmtree(out / subject(1) / folder, ignore_errors=True)
        assert states(run_jobs([reconstruction(out)])) == ["done"]
        assert ["-i" in line for line in calls(bins)] == [True, True]

    def test_a_subject_that_others_left_unfinished_is_gone_on_with(self, out, bins):
        plan(bins, {"do": "fail", "times": 1})
        run_jobs([replace(reconstruction(out), name="by hand")])
        one = reconstruction(out)
        assert states(run_jobs([one])) == ["done"]
        assert "-i" not in calls(bins)[1]
        assert (
            "# the folder of the subject is there: recon-all goes on with it, and takes no new images"
            in one.log.read_text()
        )

    def test_a_subject_without_image_that_is_not_ours_is_refused(self, out):
        (out / subject(1)).mkdir()
        (out / subject(1) / "notes.txt").write_text("precious")
        table = run_jobs([reconstruction(out)])
        assert states(table) == ["refused"]
        assert "found that it is there already, without an image" in table["reason"][0]
        assert (out / subject(1) / "notes.txt").exists()

    def test_a_finished_subject_is_found_and_takes_no_new_image(self, out, bins):
        run_jobs([replace(reconstruction(out), name="by hand")])
        assert states(run_jobs([reconstruction(out)])) == ["found"]
        table = run_jobs([reconstruction(out)], overwrite=True)
        assert states(table) == ["refused"]
        assert "To make it anew, remove or rename this folder" in table["reason"][0]
        assert len(calls(bins)) == 1

    @pytest.mark.parametrize("host", [socket.gethostname(), "far-away"])
    def test_a_subject_that_runs_is_left_alone(self, out, bins, host):
        plan(bins, {"do": "kill", "times": 1})
        run_jobs([replace(reconstruction(out), name="by hand")])
        sign = out / subject(1) / "scripts" / "IsRunning.lh+rh"
        sign.write_text(f"SUBJECT x\nDATE Thu Nov 26\nUSER me\nHOST {host}\nPROCESSID {os.getpid()} \n")
        table = run_jobs([reconstruction(out)])
        assert states(table) == ["running"]
        assert table["reason"][0].startswith(
            f"recon-all says that it runs on {host} (process {os.getpid()}) since Thu Nov"
        )
        assert len(calls(bins)) == 1
        took = run_jobs([reconstruction(out)], take_over=True)
        assert states(took) == ["running" if host == socket.gethostname() else "done"]


def test_the_folder_of_the_runs_is_no_subject(out, bins):
    run_jobs([reconstruction(out)])
    files = find_stats(out)
    assert set(files["subject"]) == {subject(1)}
    assert not files["path"].str.contains("fsstats-run").any()


def test_status_of_a_folder_without_runs(tmp_path):
    with pytest.raises(NothingFoundError, match="expected what fsstats remembers of its runs, found none"):
        status_of(tmp_path)


def test_names_that_are_no_files_names(out, bins):
    one = replace(job(out), subject="../a/b c\n", session="ü")
    assert states(run_jobs([one])) == ["done"]
    assert one.log.parent == out / "fsstats-run" / "bet"
    assert status_of(out)["subject"].to_list() == ["../a/b c\n"]


def test_two_jobs_of_one_name_are_refused(out, bins):
    with pytest.raises(RunError, match=r"expected one job a subject and session, found 2 jobs called bet of sub-001"):
        run_jobs([job(out), job(out)])


SAME_FILE = {
    "large and small letters": (("sub-01", None), ("Sub-01", None), "bet of Sub-01: .* found one of sub-01 there"),
    "a name and a session": (("a_b", None), ("a", "b"), "bet of a / b: .* found one of a_b there"),
}


@pytest.mark.parametrize(("one", "other", "said"), SAME_FILE.values(), ids=SAME_FILE)
def test_two_subjects_that_would_share_a_record_are_named(out, bins, monkeypatch, one, other, said):
    monkeypatch.setattr("fsstats.runners.engine.jobs._file_name", str.casefold)  # as many disks do
    first, second = (replace(job(out), subject=subject, session=session) for subject, session in (one, other))
    assert states(run_jobs([first])) == ["done"]
    with pytest.raises(RunError, match=said):
        run_jobs([second])
    assert len(calls(bins)) == 1


def test_a_subject_is_the_same_in_either_form_of_unicode(out, bins, monkeypatch):
    monkeypatch.setattr("fsstats.runners.engine.jobs._file_name", lambda text: unicodedata.normalize("NFD", text))
    first = replace(job(out), subject="M\u00fcller")
    assert states(run_jobs([first])) == ["done"]
    assert states(run_jobs([replace(first, subject="Mu\u0308ller")])) == ["done"]
    assert len(calls(bins)) == 1


def test_no_jobs_are_an_empty_table():
    table = run_jobs([])
    assert list(table.columns) == [*STATUS_COLUMNS]
    assert table.empty


def test_what_was_left_by_half_is_removed_first(out, bins):
    """MRtrix3's programs refuse to write over a file."""
    tool = Tool(program=sys.executable, suite=Suite(name="Python"), says="", options=dict, name="python")
    made, first = out / "made", out / "first"
    code = f"open({str(made)!r}, 'x'); open({str(first)!r}, 'a').write('x'); 1 / (len(open({str(first)!r}).read()) - 1)"
    one = Job(subject="a", name="make", out=out, steps=(Command(tool=tool, arguments=("-ISc", code), outputs=(made,)),))
    table = run_jobs([one])
    assert table["reason"].to_list() == ["python: it ended with status 1: ZeroDivisionError: division by zero"]
    assert states(run_jobs([one])) == ["done"]


def test_a_step_without_outputs_is_run_once(out, bins):
    tool = Tool(program=sys.executable, suite=Suite(name="Python"), says="", options=dict, name="python")
    line = Command(tool=tool, arguments=("-ISc", f"open({str(out / 'n')!r}, 'a').write('x')"))
    one = Job(subject="a", name="say", out=out, steps=(line,))
    for _ in range(2):
        assert states(run_jobs([one])) == ["done"]
    assert (out / "n").read_text() == "x"
