"""What of the tools is here: programs, versions, licences, and what is said of what is not."""

import sys
from dataclasses import replace

import pandas as pd
import pytest

from fsstats.errors import RunError
from fsstats.runners.catalogue import tools
from fsstats.runners.command import Command, Suite, Tool
from fsstats.runners.engine.probe import lacking, licence_of, require_ready, version_of, where
from fsstats.runners.programs.fsl import BET, FSL
from fsstats.runners.programs.recon import RECON_ALL
from runners.stand_ins import stand_in_suites


@pytest.fixture
def home(tmp_path, monkeypatch):
    return stand_in_suites(monkeypatch, tmp_path, "bet", "recon-all").parent


def test_a_program_is_found_on_the_path_or_below_the_folder_of_its_package(home, monkeypatch):
    assert where("bet", FSL) == home / "bin" / "bet"
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert where("bet", FSL) == home / "bin" / "bet"
    monkeypatch.delenv("FSLDIR")
    assert where("bet", FSL) is None


def test_versions_come_from_the_files_of_the_packages(home):
    assert version_of(FSL) == "6.0.7.4:1e7f8e9"
    assert version_of(RECON_ALL.suite) == "7.4.1"
    assert version_of(FSL, environment={}) is None
    assert version_of(FSL, environment={"FSLDIR": str(home / "nowhere")}) is None


def test_a_program_may_be_asked_for_its_version():
    suite = Suite(name="Python", version_arguments=("--version",))
    assert version_of(suite, sys.executable) == f"Python {sys.version.split()[0]}"
    assert version_of(suite, "no-such-program") is None


def test_the_licence_is_looked_for_and_never_read(home, tmp_path, monkeypatch):
    suite = RECON_ALL.suite
    (home / "license.txt").chmod(0)
    assert licence_of(suite) == home / "license.txt"
    (home / "license.txt").rename(home / ".license")
    assert licence_of(suite) == home / ".license"
    (tmp_path / "mine").write_text("")
    monkeypatch.setenv("FS_LICENSE", str(tmp_path / "mine"))
    assert licence_of(suite) == tmp_path / "mine"
    assert licence_of(FSL) is None


LACKING = {
    "nothing": (BET, {}, ""),
    "the program": (
        BET,
        {"PATH": "/nowhere", "FSLDIR": "/fsl"},
        "expected the program bet of FSL, found none on the PATH or in /fsl/bin or in /fsl/share/fsl/bin. To set FSL up: ",
    ),
    "the package": (
        replace(BET, suite=Suite(name="X", package="no-such-package")),
        {},
        "expected the Python package no-such-package, found that it is not installed. pip install no-such-package",
    ),
    "its folder": (
        BET,
        {"FSLDIR": ""},
        "expected that the folder of FSL is known, found that the variable FSLDIR is not set.",
    ),
    "the licence": (
        RECON_ALL,
        {"FREESURFER_HOME": "/fs", "FS_LICENSE": "/mine"},
        "expected the licence of FreeSurfer, found no file /mine or /fs/license.txt or /fs/.license. Put the file",
    ),
}


@pytest.mark.parametrize(("tool", "changed", "said"), LACKING.values(), ids=LACKING)
def test_what_is_missing_is_said(home, monkeypatch, tool, changed, said):
    environment = {"PATH": f"{home / 'bin'}", "FSLDIR": str(home), "FREESURFER_HOME": str(home), **changed}
    found = lacking(tool, environment)
    assert found.startswith(said)
    assert bool(found) == bool(said)


def test_in_a_container_only_its_program_has_to_be_here(home):
    line = Command(tool=RECON_ALL, arguments=(), before=("sh", "exec"))
    assert require_ready(line, {"PATH": "/usr/bin:/bin"}).name == "sh"
    with pytest.raises(RunError, match=r"recon-all: expected the program apptainer, found none on the PATH"):
        require_ready(replace(line, before=("apptainer",)), {"PATH": "/usr/bin:/bin"})


def test_the_table_of_tools(home, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    missing = Tool(program="mrdegibbs", suite=Suite(name="MRtrix3"), says="", options=dict)
    table = tools([BET, RECON_ALL, missing])
    expected = pd.DataFrame(
        {
            "tool": ["bet", "recon-all", "mrdegibbs"],
            "suite": ["FSL", "FreeSurfer", "MRtrix3"],
            "found": [str(home / "bin" / "bet"), str(home / "bin" / "recon-all"), None],
            "version": ["6.0.7.4:1e7f8e9", "7.4.1", None],
            "licence": ["not needed", "there", "not needed"],
        },
    ).astype("str")
    pd.testing.assert_frame_equal(table, expected)
