"""Arguments reach a real program as they are, whatever stands in them: no shell ever sees them."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsstats.runners.command import Command, Suite, Tool
from fsstats.runners.engine.local import run
from fsstats.runners.programs.fsl import bet
from runners.seed_lines_freesurfer import LINES as FREESURFER
from runners.seed_lines_others import LINES as OTHERS
from runners.stand_ins import install, known_options, plan

PYTHON = Tool(program=sys.executable, suite=Suite(name="Python"), says="", options=dict, name="python")
ECHO = (
    "import json, os, sys; open(sys.argv[1], 'w').write(json.dumps([os.fsencode(one).hex() for one in sys.argv[2:]]))"
)
ODD = [
    "a b",
    "'",
    '"',
    "-f",
    "--",
    "a\nb",
    "a\tb\r",
    "ümläut 日本語 🧠",
    "$HOME",
    "`id`",
    "$(id)",
    "*",
    "?",
    "[a-z]",
    "{a,b}",
    "~",
    "a;b",
    "a&b",
    "a|b",
    "a>b",
    "#",
    "!",
    "\\",
    "%s",
    "",
    "\udcff",
    "\x01\x7f",
]
texts = st.one_of(
    st.sampled_from(ODD),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    st.binary().map(lambda raw: os.fsdecode(raw.replace(b"\0", b""))),
)


def arrived(arguments, folder):
    """Give what a real child process gets."""
    got = folder / "got.json"
    run(Command(tool=PYTHON, arguments=("-ISc", ECHO, str(got), *arguments)), log=folder / "log")
    return [os.fsdecode(bytes.fromhex(one)) for one in json.loads(got.read_text())]


@given(st.lists(texts, min_size=20, max_size=60))
@settings(max_examples=25)
def test_any_arguments_arrive_unchanged(tmp_path_factory, arguments):
    assert arrived(arguments, tmp_path_factory.mktemp("a")) == arguments


def test_every_odd_argument_arrives(tmp_path):
    assert arrived(ODD, tmp_path) == ODD


def test_the_line_in_the_log_can_be_copied_into_a_shell(tmp_path):
    line = Command(
        tool=PYTHON, arguments=("-ISc", ECHO, str(tmp_path / "got.json"), *ODD), environment={"A_B": "c 'd'"}
    )
    run(line, log=tmp_path / "log")
    text = (tmp_path / "log").read_bytes().partition(b"\n")[2].rpartition(b"# ended")[0]
    (tmp_path / "got.json").unlink()
    subprocess.run(["/bin/sh", "-c", text], check=True)
    assert json.loads((tmp_path / "got.json").read_text()) == [os.fsencode(one).hex() for one in ODD]


@pytest.mark.parametrize("name", ["-odd name.nii.gz", "a 'b' \"c\".nii.gz", "a\nb.nii.gz", "日本 $HOME;`id`.nii.gz"])
def test_odd_names_of_images_reach_a_tool(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    bins = install(tmp_path / "bin", "bet")
    monkeypatch.setenv("PATH", str(bins))
    monkeypatch.setenv("FSLDIR", str(tmp_path))
    monkeypatch.delenv("FSLOUTPUTTYPE", raising=False)
    Path(name).write_text("image")
    run(bet(name, f"{name}_brain"))
    assert Path(f"{name}_brain.nii.gz").is_file()


KNOWN = known_options()
CHECKED = [(number, made()) for number, _, made in [*FREESURFER, *OTHERS] if made().tool.program in KNOWN]


@pytest.fixture(scope="module")
def checkers(tmp_path_factory):
    """Stand-ins of all tools with a help text, which only check their arguments."""
    bins = install(tmp_path_factory.mktemp("bin"), *KNOWN)
    plan(bins, {"do": "check"})
    return bins


@pytest.mark.parametrize("line", [line for _, line in CHECKED], ids=[f"line-{number}" for number, _ in CHECKED])
def test_arguments_are_what_the_help_text_of_the_tool_has(checkers, line):
    assert checked(checkers, line.argv) == (0, "")


@pytest.mark.parametrize("program", KNOWN)
def test_a_stand_in_refuses_what_no_help_text_has(checkers, program):
    status, said = checked(checkers, (program, "in", "out", "--no-such-option"))
    assert (status, said.splitlines()[0]) == (1, f"ERROR: {program}: option --no-such-option unknown")


def test_bet_wants_its_images_first(checkers):
    assert checked(checkers, ("bet", "-f", "0.3", "in", "out")) == (1, "bet <input> <output> [options]\n")


def checked(bins, argv):
    """Run a stand-in; give its status, and what it says."""
    done = subprocess.run([bins / argv[0], *argv[1:]], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_what_is_printed_is_what_is_run():
    line = bet("a b.nii.gz", "c;d.nii.gz", f=0.3)
    assert tuple(shlex.split(str(line))) == line.argv
