"""``fsstats run``: what is run, what is said, and how it ends."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer

from fsstats.runners.recipes.named import RECIPES
from fsstats_cli.commands.run import _stopped_politely, _time
from fsstats_cli.main import main
from fsstats_cli.output import time_left
from runners.stand_ins import FORK, forking

TOOL = """#!/bin/sh
# Stands in for bet: what it is told goes into a log; FAIL* and SLOW* are names of images with which it does not end well.
echo "bet $*" >> {log}
case "$1" in
    *FAIL*) echo "Cannot open volume $1 for reading!"; exit 1 ;;
    *SLOW*) sleep 60 ;;
esac
: > "$2"
: > "${{2%.nii.gz}}_mask.nii.gz"
"""
REORIENT = """#!/bin/sh
: > "$2"
"""
FAST = """#!/bin/sh
echo "fast" >> {log}
for end in seg pve_0 pve_1 pve_2 pveseg mixeltype; do : > "$4_$end.nii.gz"; done
"""
FIRST = """#!/bin/sh
echo "first" >> {log}
for end in firstseg origsegs; do : > "$4_all_fast_$end.nii.gz"; done
for name in L_Thal L_Caud L_Puta L_Pall L_Hipp L_Amyg L_Accu R_Thal R_Caud R_Puta R_Pall R_Hipp R_Amyg R_Accu BrStem; do
    for end in vtk bvars; do : > "$4-${{name}}_first.$end"; done
done
"""


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Stand-ins for FSL on the PATH, and a table of three images, in the working directory."""
    bins = tmp_path / "fsl" / "bin"
    bins.mkdir(parents=True)
    for name, text in {"bet": TOOL, "fast": FAST, "run_first_all": FIRST, "fslreorient2std": REORIENT}.items():
        (bins / name).write_text(text.format(log=tmp_path / "calls.log"))
        (bins / name).chmod(0o755)
    monkeypatch.setenv("FSLDIR", str(tmp_path / "fsl"))
    monkeypatch.delenv("FSLOUTPUTTYPE", raising=False)
    monkeypatch.chdir(tmp_path)
    inputs(tmp_path, "a", "b", "c")
    return tmp_path


def inputs(folder, *names):
    """Write a table of images, and the images."""
    for name in names:
        (folder / f"{name}.nii.gz").write_bytes(b"")
    (folder / "inputs.tsv").write_text("subject\tt1\n" + "".join(f"{name}\t{name}.nii.gz\n" for name in names))


def calls(study):
    """Give what was run, by program."""
    path = study / "calls.log"
    return [line.split()[0] for line in path.read_text().splitlines()] if path.exists() else []


RUN = ("run", "fsl-structural", "-i", "inputs.tsv", "-o", "out")


def test_a_cohort_is_run_once_and_what_comes_next_is_said(study, fsstats):
    done = fsstats(*RUN, "--jobs", 2)
    assert (done.status, done.out) == (0, ""), done.err
    assert done.err.splitlines() == ["3 done -> out", "next: fsstats merge out -o cohort.parquet"]
    assert sorted(calls(study)) == ["bet"] * 3 + ["fast"] * 3 + ["first"] * 3
    again = fsstats(*RUN)
    assert again.err.splitlines()[0] == "3 done -> out"
    assert len(calls(study)) == 9


def test_a_failure_is_named_with_its_reason_and_costs_no_other(study, fsstats):
    inputs(study, "a", "FAIL", "c")
    done = fsstats(*RUN)
    assert done.status == 1
    lines = done.err.splitlines()
    assert lines[0].startswith("FAIL: failed: bet: ")
    assert "Cannot open volume" in lines[0]
    assert lines[0].endswith("FAIL.log)")
    assert lines[1:] == ["2 done, 1 failed -> out", "next: fsstats merge out -o cohort.parquet"]
    status = fsstats("run", "status", "out")
    assert status.status == 1
    rows = [line.split("\t") for line in status.out.splitlines()]
    assert {row[0]: row[rows[0].index("status")] for row in rows[1:]} == {"FAIL": "failed", "a": "done", "c": "done"}


def test_the_status_of_what_went_well_is_0(study, fsstats):
    fsstats(*RUN)
    assert fsstats("run", "status", "out").status == 0
    assert fsstats("run", "status", "-o", "out").status == 0
    assert fsstats("run", "status", "inputs").status == 1


def test_what_several_have_in_common_is_said_once(study, fsstats):
    (study / "fsl" / "bin" / "fast").unlink()
    done = fsstats(*RUN)
    assert done.status == 1
    assert done.err.splitlines()[0].startswith("a, b, c: refused: fast: expected the program fast of FSL, found none")
    assert len(done.err.splitlines()) == 2
    assert calls(study) == []


def test_a_subject_without_an_image_is_named_and_the_others_are_run(study, fsstats):
    (study / "b.nii.gz").unlink()
    done = fsstats(*RUN)
    assert done.status == 1
    assert done.err.splitlines()[0] == f"b: expected the file {study}/b.nii.gz, found none"
    assert "2 done, 1 without images -> out" in done.err


def test_subjects_and_parts_choose(study, fsstats):
    (study / "who.txt").write_text("a\nc\n")
    assert "1 done" in fsstats(*RUN, "--subjects", "who.txt", "--part", "2/2").err
    assert [path.name for path in (study / "out").iterdir() if path.name != "fsstats-run"] == ["c"]


def test_options_reach_the_tools(study, fsstats):
    fsstats(*RUN, "--set", "bet.f=0.3", "--set", "bet.R", "--dry-run")
    done = fsstats(*RUN, "--set", "bet.f=0.3", "--set", "bet.R", "--set", "bet.S", "--dry-run")
    assert f"bet {study}/out/a/a_T1w.nii.gz {study}/out/a/a_brain.nii.gz -m -f 0.3 -R -S" in done.out.splitlines()
    assert done.err.startswith("note: bet keeps the last of the variations -R -S")


def test_a_dry_run_runs_nothing_and_its_script_does_the_same(study, fsstats):
    done = fsstats(*RUN, "--dry-run")
    assert done.status == 0
    assert (calls(study), (study / "out").exists()) == ([], False)
    assert fsstats(*RUN, "--script", "script.sh").err == "3 jobs -> script.sh; run it with: bash script.sh\n"
    assert (study / "script.sh").read_text() == done.out
    path = f"{study / 'fsl' / 'bin'}:{os.environ['PATH']}"
    subprocess.run(["bash", "script.sh"], check=True, env={**os.environ, "PATH": path})  # noqa: S607 - any bash
    assert len(calls(study)) == 9
    assert fsstats(*RUN).err.splitlines()[0] == "3 there already -> out"


def test_words_behind_two_dashes_go_to_the_tool(study, fsstats):
    done = fsstats("run", "recon-all", "--participants", "inputs.tsv", "-o", "out", "--dry-run", "--", "-qcache", "-3T")
    assert f"recon-all -i {study}/a.nii.gz -s a -sd {study}/out -all -qcache -3T" in done.out.splitlines()
    done = fsstats(*RUN, "--", "-R")
    assert done.status == 1
    assert "Name the tool of each: bet.option=value" in done.err


def test_a_container_is_in_front_of_each_line(study, fsstats):
    done = fsstats(*RUN, "--container", "fsl.sif", "--engine", "docker", "--threads", 2, "--dry-run")
    (line,) = [line for line in done.out.splitlines() if f"fslreorient2std {study}/b.nii.gz" in line]
    assert line.startswith("docker run --rm ")
    assert f"--mount type=bind,source={study}/out,target={study}/out " in line
    assert f"--mount type=bind,source={study},target={study},readonly " in line
    assert "--env OMP_NUM_THREADS=2 " in line


ENGINE = """#!/bin/sh
# Stands in for a container's engine: the program is found behind the image, and nowhere else.
while [ "$1" != img ]; do shift; done
shift
PATH="{inside}:$PATH" exec "$@"
"""


@pytest.mark.parametrize("engine", ["apptainer", "docker", "podman"])
def test_in_a_container_only_the_engine_has_to_be_here(study, fsstats, monkeypatch, engine):
    (study / "engines").mkdir()
    (study / "engines" / engine).write_text(ENGINE.format(inside=study / "fsl" / "bin"))
    (study / "engines" / engine).chmod(0o755)
    monkeypatch.setenv("PATH", f"{study / 'engines'}:{os.environ['PATH']}")
    monkeypatch.delenv("FSLDIR")
    words = (*RUN, "--container", "img", "--engine", engine)
    assert fsstats(*words, "--dry-run").status == 0
    assert fsstats(*words).err.splitlines()[0] == "3 done -> out"
    assert fsstats(*words, "--jobs", 2).err.splitlines()[0] == "3 done -> out"
    assert len(calls(study)) == 9


def test_a_job_array_runs_each_subject_once(study, fsstats):
    words = (*RUN, "--slurm", "array.sh", "--sbatch", "--partition=long", "--memory", "16G", "--timeout", "2h")
    done = fsstats(*words, "--threads", 4)
    assert done.err == "3 jobs -> array.sh; start them with: sbatch array.sh\n"
    lines = (study / "array.sh").read_text().splitlines()
    for line in ("--array=1-3", "--cpus-per-task=4", "--mem=16384M", "--time=0-02:15:00", "--partition=long"):
        assert f"#SBATCH {line}" in lines
    assert lines[-1] == (
        "fsstats run fsl-structural -i inputs.tsv -o out --memory 16G --timeout 2h --threads 4"
        ' --part "$SLURM_ARRAY_TASK_ID/3"'
    )
    assert (study / "out" / "fsstats-run" / "slurm").is_dir()
    for task in (1, 2, 3):
        assert "1 done" in fsstats(*RUN, "--part", f"{task}/3").err
    assert len(calls(study)) == 9


def test_what_can_be_run_and_what_is_installed_are_tables(study, fsstats):
    recipes = fsstats("run", "recipes")
    assert recipes.status == 0
    assert "fsl-structural\tFSL: brain (bet)" in recipes.out
    tools = fsstats("run", "tools")
    assert tools.status == 0
    assert f"bet\tFSL\t{study}/fsl/bin/bet\t" in tools.out


USAGE = {
    "no inputs": (["run", "recon-all", "-o", "out"], 2, "--inputs"),
    "no output": (["run", "recon-all", "-i", "inputs.tsv"], 2, "--output"),
    "no folder for the status": (["run", "status"], 2, "fsstats run status OUT"),
    "no such recipe": (["run", "recon-al", "-i", "inputs.tsv", "-o", "out"], 1, "did you mean recon-all"),
    "no time": ([*RUN, "--timeout", "soon"], 2, "24h"),
    "no size": ([*RUN, "--memory", "0G"], 2, "16G"),
    "no part": ([*RUN, "--part", "4/3"], 2, "3/10"),
    "a cluster and processes": ([*RUN, "--dask", "x", "--jobs", "2"], 2, "--jobs"),
    "no such option": ([*RUN, "--set", "bet.q=1"], 1, "no option of bet is called 'q'"),
    "no images": (["run", "recon-all", "-i", ".", "-o", "out"], 1, "expected folders sub-*"),
}


@pytest.mark.parametrize(("words", "status", "said"), USAGE.values(), ids=USAGE)
def test_what_is_wrong_is_said_and_nothing_is_run(study, fsstats, words, status, said):
    done = fsstats(*words)
    assert done.status == status
    assert said in done.err
    assert not (study / "out").exists()


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("1.5h", 5400), ("2d", 172800), ("30 m", 1800)])
def test_times_are_read(text, seconds):
    assert _time(text) == seconds


def test_what_runs_elsewhere_is_no_success_and_the_option_is_named(study, fsstats):
    fsstats(*RUN)
    (study / "out" / "fsstats-run" / "fsl-structural" / "b.claim").write_text("far-away 17 x")
    done = fsstats(*RUN)
    assert done.status == 1
    assert done.err.startswith("b: running: it runs on far-away (process 17) since 20")
    assert "allow that it is taken over (--take-over)\n2 done, 1 running elsewhere -> out" in done.err
    assert fsstats(*RUN, "--take-over").status == 0


@pytest.mark.parametrize(
    ("seconds", "said"), [(None, ""), (50, "about 1 min left"), (9000, "about 150 min left"), (2e5, "about 56 h left")]
)
def test_the_time_left_is_said(seconds, said):
    assert time_left(seconds) == said


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGHUP])
def test_what_clusters_and_closed_terminals_send_stops_it(tmp_path, capsys, sign):
    before = signal.getsignal(sign)
    with pytest.raises(typer.Exit), _stopped_politely(tmp_path):
        signal.raise_signal(sign)
    assert "the same command goes on where it was" in capsys.readouterr().err
    assert signal.getsignal(sign) is before


def test_under_nohup_it_outlives_its_terminal(tmp_path):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with _stopped_politely(tmp_path):
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def command(words, said):
    """Be the command line in a process of its own, which says all to a file."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["fsstats", *words]
    with said.open("w") as sys.stderr:
        main()


def test_stopped_it_says_how_to_go_on_and_does(study, fsstats):
    inputs(study, "a", "SLOW")
    process = FORK.Process(target=command, args=([*RUN, "--jobs", "2"], study / "said"))
    with forking():
        process.start()
    end = time.monotonic() + 30
    while "first" not in calls(study) or calls(study).count("bet") < 2:
        assert time.monotonic() < end, "the jobs did not start"
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    process.join(30)
    said = (study / "said").read_text()
    assert process.exitcode == 1
    assert "stopped; the same command goes on where it was, and fsstats run status out says how far" in said
    assert "Traceback" not in said
    (study / "fsl" / "bin" / "bet").write_text(TOOL.replace("sleep 60", ":").format(log=study / "calls.log"))
    before = calls(study)
    assert fsstats(*RUN).err.splitlines()[0] == "2 done -> out"
    assert calls(study)[len(before) :] == ["bet", "fast", "first"]


PAGE = (Path(__file__).parents[2] / "docs" / "running.md").read_text(encoding="utf-8")
SHELL = "\n".join(re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)).replace("\\\n", " ")
SHOWN = [line.split("#")[0].strip() for line in SHELL.splitlines() if line.startswith("fsstats run ")]


@pytest.mark.parametrize("line", SHOWN)
def test_the_commands_of_the_page_can_be_run(study, fsstats, monkeypatch, line):
    for name in ("anat/sub-01_ses-1_T1w.nii.gz", "dwi/sub-01_ses-1_dwi.nii.gz"):
        path = study / "bids" / "sub-01" / "ses-1" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    (study / "license.txt").write_text("made up\n")
    for kind, table in (("fa", "fa.tsv"), ("t1", "brains.tsv")):
        (study / table).write_text(f"subject\t{kind}\na\ta.nii.gz\n")
    words = shlex.split(line.replace("$SUBJECTS_DIR", "subjects"))[1:]
    is_run = words[1] not in {"status", "tools", "recipes"}
    if words[1] == "status":
        fsstats(*RUN[:4], "-o", words[2])
    at = words.index("--") if "--" in words else len(words)
    done = fsstats(*words[:at], *(["--dry-run"] if is_run else []), *words[at:])
    assert done.status == 0, done.err
    if is_run and not {"--slurm", "--script"} & {*words}:
        assert len(re.findall(r"^# .*: ", done.out, re.MULTILINE)) > 1


def test_the_python_of_the_page_runs(study, monkeypatch):
    monkeypatch.delenv("FREESURFER_HOME", raising=False)
    names = {}
    for block in re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        exec(compile(block, "running.md", "exec"), names)  # noqa: S102 - our own text
    assert names["table"]["status"].tolist() == ["refused"] * 3  # there is no recon-all
    assert str(names["line"]) == "bet T1w.nii.gz T1_brain.nii.gz -f 0.3 -R"


def test_the_page_has_every_recipe_with_its_tools():
    rows = [line.split(" | ") for line in PAGE.splitlines() if line.startswith("| `")]
    assert {row[0].strip("| `") for row in rows} >= set(RECIPES)
