"""One command is run: what is looked at before, what after, and what is said when it fails."""

import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from fsstats.errors import RunError
from fsstats.runners.command import Command, Suite, Tool
from fsstats.runners.engine.local import Limits, Watch, environment_of, execute, run
from fsstats.runners.engine.reasons import how_it_ended, reason_of
from fsstats.runners.programs.first import run_first_all
from fsstats.runners.programs.fsl import bet
from fsstats.runners.programs.recon import recon_all
from runners.stand_ins import calls, command_lines, plan, stand_in_suites

PYTHON = Tool(program=sys.executable, suite=Suite(name="Python"), says="", options=dict, name="python")


SLEEP = "import time; time.sleep(60)"


def python(code, **more):
    """A command that runs a line of Python."""
    return Command(tool=PYTHON, arguments=("-IS", "-c", code), **more)


@pytest.fixture
def bins(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("T1w.nii.gz").write_text("image")
    return stand_in_suites(monkeypatch, tmp_path, "bet", "recon-all")


def test_a_command_that_goes_well(bins, tmp_path):
    done = run(bet("T1w.nii.gz", "new-folder/brain", m=True), log="logs/bet.log")
    assert (done.returncode, done.problem, done.log) == (0, "", Path("logs/bet.log"))
    assert 0 < done.seconds < 10
    assert sorted(path.name for path in Path("new-folder").iterdir()) == ["brain.nii.gz", "brain_mask.nii.gz"]
    header, line, *rest = Path("logs/bet.log").read_text().splitlines()
    assert header.startswith("# 20")
    assert header.endswith(f" in {tmp_path}")
    assert line == "bet T1w.nii.gz new-folder/brain -m"
    assert rest[:2] == ["bet begins", "bet ends"]
    assert rest[2].startswith("# ended after ")
    assert rest[2].endswith("all is well")


def test_a_second_run_is_added_to_the_log(bins):
    for name in ("one", "two"):
        run(bet("T1w.nii.gz", name), log="log")
    assert [line for line in Path("log").read_text().splitlines() if line.startswith("bet T1w")] == [
        "bet T1w.nii.gz one",
        "bet T1w.nii.gz two",
    ]


@pytest.mark.parametrize("name", ["T1w", "T1w.nii", "T1w.img"])
def test_fsl_finds_an_image_whatever_suffix_is_named(bins, name):
    assert run(bet(name, "brain")).problem == ""


def test_other_tools_need_the_very_file(bins):
    with pytest.raises(RunError, match=r"expected the input T1w, found no such file"):
        run(recon_all(i="T1w", s="a", all=True, sd="subjects"))


def test_a_missing_input_is_named_and_nothing_is_started(bins):
    with pytest.raises(RunError, match=r"^bet: expected the input nobody.nii.gz, found no such file or folder$"):
        run(bet("nobody.nii.gz", "brain"))
    assert calls(bins) == []


def test_relative_names_are_meant_from_the_folder_of_the_command(bins, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "mine.nii.gz").write_text("image")
    run(bet("mine.nii.gz", "out/brain").within("sub"))
    assert (tmp_path / "sub" / "out" / "brain.nii.gz").is_file()


def test_an_output_that_is_there_stays_unless_it_may_be_replaced(bins):
    Path("brain.nii.gz").write_text("precious")
    line = bet("T1w.nii.gz", "brain")
    with pytest.raises(
        RunError, match=r"expected no such output yet, found that brain.nii.gz is there already\. Choose"
    ):
        run(line)
    assert Path("brain.nii.gz").read_text() == "precious"
    run(line, overwrite=True)
    assert Path("brain.nii.gz").read_text() == "bet"


def test_an_image_may_be_changed_in_its_place(bins):
    line = replace(bet("T1w.nii.gz", "T1w.nii.gz"), inputs=(Path("T1w.nii.gz"),))
    assert run(line).problem == ""


FAULTS = {
    "a status": (
        {"do": "fail", "say": "Cannot open volume T1w for reading", "status": 3},
        "it ended with status 3: Cannot open volume T1w for reading",
    ),
    "killed": ({"do": "kill"}, "it was killed, most often because memory ran out (signal SIGKILL): bet begins"),
    "nothing written": ({"do": "nothing"}, "expected all outputs after it ended well, found no brain_mask.nii.gz"),
    "a full disk": (
        {"do": "fail", "say": "write: No space left on device"},
        "it ended with status 1; the disk is full: write: No space left on device",
    ),
    "a crash in a shell": (
        {"do": "fail", "say": "line 3: 12 Segmentation fault (core dumped) bet2", "status": 139},
        "the program crashed (signal SIGSEGV); the program crashed: line 3: 12 Segmentation fault (core dumped) bet2",
    ),
    "a closed folder": (
        {"do": "fail", "say": "brain.nii.gz: Permission denied"},
        "it ended with status 1; a file or folder is closed to you: brain.nii.gz: Permission denied",
    ),
}


@pytest.mark.parametrize(("rule", "said"), FAULTS.values(), ids=FAULTS)
def test_why_a_run_failed_is_said(bins, rule, said):
    plan(bins, rule)
    with pytest.raises(RunError) as caught:
        run(bet("T1w.nii.gz", "brain", m=True), log="log")
    assert said in str(caught.value)
    assert str(caught.value).endswith("All that it printed is in log")
    assert said in Path("log").read_text().splitlines()[-1]


def test_of_a_program_that_said_nothing_only_its_end_is_told(tmp_path):
    assert run(python("import os; os._exit(3)"), check=False).problem == "it ended with status 3"
    assert run(python("import os; os._exit(3)"), log=tmp_path / "l", check=False).problem == "it ended with status 3"


def test_what_cannot_be_started_is_said_in_words(bins):
    (bins / "bet").write_text("no program")
    done = run(bet("T1w.nii.gz", "brain"), check=False)
    assert done.problem == f"it could not be started: Exec format error: {bins / 'bet'}"


def test_without_check_the_result_says_it(bins):
    plan(bins, {"do": "fail"})
    done = run(bet("T1w.nii.gz", "brain"), check=False)
    assert (done.returncode, done.log, done.problem) == (1, None, "it ended with status 1: ERROR: as planned")


def test_time_that_is_up_ends_all_that_was_started(tmp_path):
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-ISc', {SLEEP!r}, {str(tmp_path)!r}])"
    start = time.monotonic()
    done = run(python(child), timeout=0.5, check=False)
    assert done.problem == "it was stopped when its time was up, after 0.5 s"
    assert time.monotonic() - start < 5
    assert not [line for line in command_lines() if str(tmp_path) in line]


def test_a_program_that_will_not_end_is_killed(bins, monkeypatch):
    monkeypatch.setattr("fsstats.runners.engine._processes._GRACE", 0.2)
    plan(bins, {"do": "ignore"})
    done = run(bet("T1w.nii.gz", "brain"), timeout=0.4, check=False)
    assert (done.returncode, done.problem[:30]) == (-9, "it was stopped when its time w")


@pytest.mark.skipif(sys.platform != "linux", reason="memory can be limited on Linux only")
def test_memory_is_limited(bins):
    plan(bins, {"do": "eat", "bytes": 1 << 30})
    done = run(bet("T1w.nii.gz", "brain"), memory=1 << 29, check=False)
    assert "it ended with status 1; it ran out of memory: MemoryError" in done.problem
    assert run(bet("T1w.nii.gz", "brain"), memory=1 << 32, overwrite=True).problem == ""


@pytest.mark.parametrize("limit", ["timeout", "memory", "threads"])
def test_a_limit_is_a_number_above_0(bins, limit):
    with pytest.raises(RunError, match=f"{limit}: expected a number above 0, found 0"):
        run(bet("T1w.nii.gz", "brain"), **{limit: 0})


def test_threads_are_limited_by_all_their_variables():
    tool = replace(PYTHON, threads="ITS_OWN")
    environment = environment_of(Command(tool=tool, arguments=(), environment={"OMP_NUM_THREADS": "8"}), threads=2)
    names = [
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
        "ITS_OWN",
    ]
    assert {environment[name] for name in names} == {"2"}


def test_variables_of_the_caller_and_of_the_command_arrive(tmp_path, monkeypatch):
    monkeypatch.setenv("FROM_CALLER", "a")
    code = "import os; print(os.environ['FROM_CALLER'], os.environ['FROM_COMMAND'])"
    run(python(code, environment={"FROM_COMMAND": "b c"}), log=tmp_path / "log")
    assert (tmp_path / "log").read_text().splitlines()[-2] == "a b c"


def test_the_program_cannot_ask_and_has_a_session_of_its_own(tmp_path):
    code = "import os, sys; print(repr(sys.stdin.read()), os.getsid(0) == os.getpid())"
    run(python(code), log=tmp_path / "log")
    assert (tmp_path / "log").read_text().splitlines()[-2] == "'' True"


def test_what_stops_us_stops_the_program(tmp_path):
    """Ctrl-C is an exception in the midst of waiting, as is an error of what watches."""
    started = []

    def watch(pid):
        started.append(pid)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        execute(python(SLEEP), Limits(), log=tmp_path / "log", watch=Watch(started=watch))
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)


def test_a_run_is_stopped_on_a_wish(tmp_path):
    wish = threading.Event()
    threading.Timer(0.3, wish.set).start()
    watch = Watch(is_stopped=wish.is_set)
    done = execute(python(SLEEP), Limits(), log=None, watch=watch)
    assert (done.problem, done.returncode) == ("it was stopped", -15)


def test_what_a_killed_program_had_started_ends_too(tmp_path):
    child = f"[sys.executable, '-ISc', {SLEEP!r}, {str(tmp_path)!r}]"
    code = f"import os, subprocess, sys; subprocess.Popen({child}); os.kill(os.getpid(), 9)"
    assert run(python(code), check=False).returncode == -9
    assert not [line for line in command_lines() if str(tmp_path) in line]


RECON_ALL = """\
mri_convert a b
ERROR: first
mri_x: could not open
ERROR: mri_nu_correct.mni failed
Linux host 5.4 x

recon-all -s a exited with ERRORS at Thu

For more details, see the log file
To report a problem, see x
"""
NO_LICENCE = "ERROR: FreeSurfer license file /fs/license.txt not found."
BAD_LICENCE = "ERROR: Invalid key found in license file"
REFUSED = "it ended with status 1; a licence is missing or was refused"
LOGS = {
    "recon-all": (RECON_ALL, "it ended with status 1: ERROR: first / ERROR: mri_nu_correct.mni failed"),
    "a licence": (f"{NO_LICENCE}\n  If you are outside", f"{REFUSED}: {NO_LICENCE}"),
    "a licence is not shown": (
        f"{BAD_LICENCE}\nme@example.org\n12345\n *CabcdefghijK\n FSabcdefghijk\n",
        f"{REFUSED}: {BAD_LICENCE}",
    ),
    "memory": ("a\nabort: std::bad_alloc\n", "it ended with status 1; it ran out of memory: abort: std::bad_alloc"),
    "memory, of libraries": (
        "rm: error while loading shared libraries: libc.so.6: failed to map segment from shared object\n",
        (
            "it ended with status 1; it ran out of memory: rm: error while loading shared libraries: libc.so.6: "
            "failed to map segment from shared object"
        ),
    ),
    "no word of a fault": ("one\ntwo\nthree\nfour\n", "it ended with status 1: two / three / four"),
    "nothing at all": ("", "it ended with status 1"),
    "no printable text": ("a\x1b[31mred\n", "it ended with status 1: a\\x1b[31mred"),
}


@pytest.mark.parametrize(("text", "said"), LOGS.values(), ids=LOGS)
def test_the_reason_is_found_in_a_log(text, said):
    assert reason_of(text, 1, python("")) == said


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (137, "it was killed, most often because memory ran out (signal SIGKILL)"),
        (-15, "it was stopped (signal SIGTERM)"),
        (255, "it ended with status 255"),
    ],
)
def test_how_a_program_ended(status, said):
    assert how_it_ended(status).startswith(said)


def test_complaints_in_the_logs_of_first_are_failures(bins, tmp_path, monkeypatch):
    stand_in_suites(monkeypatch, tmp_path, "run_first_all")
    line = run_first_all(i="T1w.nii.gz", o="first", s=["L_Hipp", "R_Hipp"])
    assert run(line).problem == ""
    Path("first.logs").mkdir()
    Path("first.logs", "first.e123").write_text("")
    assert run(line, overwrite=True).problem == ""
    plan(bins, {"do": "sleep", "seconds": 0.4})
    threading.Timer(
        0.2, lambda: Path("first.logs", "first.e124").write_text("Image Exception : #63 :: No image\n")
    ).start()
    done = run(line, overwrite=True, check=False)
    assert "complaints in first.logs/first.e124" in done.problem
    assert "Image Exception : #63 :: No image" in done.problem
