"""The files around the code agree with the code and with each other."""

import json
import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

import fsstats

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = (".ci", "benchmarks", "cli", "docs", "fsstats", "licenses", "notebooks", "packaging", "scripts", "tests")
VERSION = re.search(r'__version__ = "(.+)"', (ROOT / "fsstats" / "_version.py").read_text(encoding="utf-8"))[1]

# Folders that only one machine has: a path under them in a file means that it works nowhere else.
MACHINE = re.compile(rb"(?<![\w.])/(work|root|home)/\w")


def house_files():
    """Give every file of the project: the top folder and the folders that belong to it, without caches."""
    tops = [path for path in ROOT.iterdir() if path.is_file()]
    inner = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    caches = {"__pycache__", ".ipynb_checkpoints"}
    return [path for path in tops + inner if not caches & set(path.parts)]


STATED = {
    "the installed package": lambda: metadata.version("fsstats"),
    "fsstats.__version__": lambda: fsstats.__version__,
    "CITATION.cff": lambda: re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.MULTILINE)[1],
    "the newest heading of CHANGELOG.md": lambda: re.findall(
        r"^## \[(\d.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )[0],
}


@pytest.mark.parametrize("stated", STATED.values(), ids=STATED)
def test_the_version_is_the_same_everywhere(stated):
    assert stated() == VERSION


def test_the_changelog_keeps_a_place_for_what_comes_next():
    assert "\n## [Unreleased]\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


COMMANDS = {
    "install": 'pip install ".[test]"',
    "test": "pytest",
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_the_two_commands_are_given_on_lines_of_their_own(name, command):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    assert command in [line.strip().removeprefix("$ ").partition("  #")[0] for line in lines]


def test_no_file_names_a_folder_of_one_machine():
    fixtures = ROOT / "tests" / "fixtures"  # copies of real files, as they were found
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.decode(errors='replace').strip()}"
        for path in house_files()
        if not path.is_relative_to(fixtures)
        for number, line in enumerate(path.read_bytes().splitlines(), start=1)
        if MACHINE.search(line)
    ]
    assert found == []


def test_notebooks_carry_no_outputs():
    notebooks = [path for path in house_files() if path.suffix == ".ipynb"]
    kept = [
        f"{path.name}, cell {number}"
        for path in notebooks
        for number, cell in enumerate(json.loads(path.read_bytes())["cells"], start=1)
        if cell["cell_type"] == "code" and (cell["outputs"] or cell["execution_count"] is not None)
    ]
    assert kept == []


def test_the_lowest_supported_versions_are_the_ones_that_are_tested():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed, extras = project["dependencies"], project["optional-dependencies"]["remote"]
    pins = (ROOT / "tests" / "constraints-lowest.txt").read_text(encoding="utf-8").splitlines()
    tested = [re.sub(r"(\.0)?$", "", pin.replace("==", ">="), count=1) for pin in pins if not pin.startswith("#")]
    assert [pin for pin in tested if pin not in extras] == needed


def test_the_tests_import_the_package_that_is_installed():
    installed = metadata.distribution("fsstats")
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    editable = origin.get("dir_info", {}).get("editable", False)
    home = ROOT if editable else Path(installed.locate_file("")).resolve()
    assert Path(fsstats.__file__).resolve().parent == home / "fsstats", (
        "run pytest, not python -m pytest, in the top folder"
    )
