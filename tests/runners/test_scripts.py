"""Jobs as scripts: bash reads them, and every argument arrives as it was meant."""

import json
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest

from fsstats.errors import TableError
from fsstats.runners import Suite, Tool
from fsstats.runners.command import Command
from fsstats.runners.scripts import script_of, slurm_script

BASH, SHELLCHECK = (shutil.which(name) or "" for name in ("bash", "shellcheck"))
needs_bash = pytest.mark.skipif(not BASH, reason="there is no bash")
ECHO = "import json, os, sys; print(json.dumps([sys.argv[1:], os.environ.get('MINE'), os.getcwd()]))"


def tool(program):
    return Tool(program=program, suite=Suite(name="Ours"), says="Say what it was given.", options=dict)


def job(*steps, subject="sub-01", session=None):
    return SimpleNamespace(subject=subject, session=session, name="echo", steps=steps)


def echo(*arguments, **rest):
    return Command(tool=tool(sys.executable), arguments=("-c", ECHO, *arguments), **rest)


def read_by(script, tmp_path):
    """Have bash, and shellcheck where it is, read a script without running it."""
    path = tmp_path / "script.sh"
    path.write_text(script)
    subprocess.run([BASH, "-n", path], check=True)
    if SHELLCHECK:
        subprocess.run([SHELLCHECK, "--exclude=SC2016", path], check=True)  # a dollar in an argument stays one
    return path


ODD = [
    "a b",
    "it's",
    '"q"',
    "$HOME `x` $(x)",
    "-dash",
    "two\nlines",
    "ä日本",
    "*?[a]",
    "!x",
    "#",
    "~",
    "",
    "\\n",
    "a;b&c|d",
]


@needs_bash
def test_every_argument_variable_and_folder_arrives_as_it_was_meant(tmp_path):
    folder = tmp_path / "it's new"
    step = echo(*ODD, environment={"MINE": "my $value's"}, folder=folder)
    path = read_by(script_of([job(step)], folder=tmp_path), tmp_path)
    said = subprocess.run([BASH, path], check=True, capture_output=True, text=True).stdout
    assert json.loads(said) == [ODD, "my $value's", str(folder)]


@needs_bash
def test_a_line_that_fails_ends_the_script(tmp_path):
    script = script_of([job(Command(tool=tool("false"), arguments=()), echo("after"))], folder=tmp_path)
    done = subprocess.run([BASH, read_by(script, tmp_path)], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")


def test_the_script_to_the_letter():
    steps = (
        Command(tool=tool("bet"), arguments=("a b.nii.gz", "out"), remarks=("the last one\ncounts",)),
        Command(tool=tool("fast"), arguments=("x",), folder="/out/sub 01", environment={"FSLOUTPUTTYPE": "NIFTI_GZ"}),
    )
    lines = script_of(
        [job(*steps), job(steps[0], subject="sub-02", session="ses-1\nrm")], folder="/the study"
    ).splitlines()
    assert lines == [
        "#!/usr/bin/env bash",
        "# bash: a line that fails ends the script, and so does a variable that is not set.",
        "set -euo pipefail",
        "cd '/the study'",
        "",
        "# sub-01: echo",
        r"# the last one\x0acounts",
        "bet 'a b.nii.gz' out",
        "mkdir -p '/out/sub 01'",
        "(cd '/out/sub 01' && FSLOUTPUTTYPE=NIFTI_GZ fast x)",
        "",
        r"# sub-02, ses-1\x0arm: echo",
        "bet 'a b.nii.gz' out",
    ]


WORDS = ["fsstats", "run", "recon-all", "-i", "my inputs.tsv", "-o", "out"]


@needs_bash
def test_a_job_array_to_the_letter(tmp_path):
    script = slurm_script(
        WORDS,
        24,
        name="recon-all",
        folder="/the study",
        threads=4,
        memory="16G",
        timeout=24 * 3600,
        log="/out/100%",
        options=["--partition=long", "--comment=my study"],
    )
    read_by(script, tmp_path)
    assert script.splitlines() == [
        "#!/usr/bin/env bash",
        "#SBATCH --job-name=recon-all",
        "#SBATCH --array=1-24",
        "#SBATCH --ntasks=1",
        "#SBATCH --cpus-per-task=4",
        "#SBATCH --mem=16G",
        "#SBATCH --time=1-00:15:00",
        "#SBATCH --output=/out/100%%/%A_%a.log",
        "#SBATCH --partition=long",
        '#SBATCH "--comment=my study"',
        "set -euo pipefail",
        "cd '/the study'",
        "fsstats run recon-all -i 'my inputs.tsv' -o out --part \"$SLURM_ARRAY_TASK_ID/24\"",
    ]


def test_tasks_take_turns_where_there_are_more_jobs_than_an_array_may_have():
    lines = slurm_script([*WORDS, "--", "-3T"], 2500, timeout=3600).splitlines()
    assert "#SBATCH --array=1-1000" in lines
    assert "#SBATCH --time=0-03:15:00" in lines  # three jobs of an hour each
    assert lines[-1].endswith('-o out --part "$SLURM_ARRAY_TASK_ID/1000" -- -3T')


@pytest.mark.parametrize(
    ("n", "options", "said"), [(0, [], "at least one job"), (1, ["long"], "found 'long'"), (1, ["--a\nb"], "sbatch")]
)
def test_what_is_no_array_is_refused(n, options, said):
    with pytest.raises(TableError, match=said):
        slurm_script(WORDS, n, options=options)
