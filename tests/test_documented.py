"""The documentation names everything there is, and what it shows runs."""

import os
import re
import shlex
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import fsstats
from fsstats.datasets import make_cohort
from fsstats.parsers import formats
from fsstats.schema import FILES, LONG, STATUSES, _registry
from fsstats.tables.problems import PROBLEMS
from fsstats_cli.main import app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
COMMANDS = [command.name for command in app.registered_commands]


@pytest.mark.parametrize("name", [*fsstats.__all__, *FILES, *PROBLEMS, *STATUSES])
def test_the_reference_names_it(name):
    assert re.search(rf"\b{re.escape(name)}\b", REFERENCE)


@pytest.mark.parametrize("name", LONG)
def test_the_readme_names_every_column_of_the_table(name):
    assert f"`{name}`" in README


@pytest.mark.parametrize("name", COMMANDS)
def test_the_commands_are_in_readme_and_reference(name):
    assert f"fsstats {name}" in README
    assert f"fsstats {name}" in REFERENCE


def blocks_of(page: str, language: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def make_study(tmp_path, monkeypatch, n_subjects):
    made = make_cohort(tmp_path / "derivatives" / "freesurfer", n_subjects=n_subjects, seed=8)
    (made.root / "sub-001").rename(made.root / "bert")
    people = made.participants.replace({"sub-001": "bert"})
    people.to_csv(tmp_path / "participants.tsv", sep="\t", index=False)
    monkeypatch.chdir(tmp_path)
    return made.root


@pytest.fixture
def study(tmp_path, monkeypatch):
    return make_study(tmp_path, monkeypatch, 3)


def test_the_readmes_python_runs(tmp_path, monkeypatch):
    make_study(tmp_path, monkeypatch, 12)
    names = {}
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), names)  # noqa: S102 - our own text
    assert names["insula"]["measure"].unique().tolist() == ["thickness"]
    assert len(names["wide"]) == 12
    assert names["results"]["note"].isna().all()


def shown(pages: list[str]) -> list[str]:
    """Give the commands of some blocks, each once."""
    lines = (line.split("#")[0].strip() for block in pages for line in block.splitlines() if line.startswith("fsstats"))
    return list(dict.fromkeys(lines))


OF_STATISTICS = {"compare", "regress", "mixed", "permute", "correct", "adjust", "harmonise", "asymmetry", "meta"}
STATISTICS = [
    line for line in shown([*blocks("bash"), *blocks_of("statistics.md", "sh")]) if line.split()[1] in OF_STATISTICS
]


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """What docs/statistics.md speaks of: a study of three sites, and one with repeated sessions."""
    folder = tmp_path_factory.mktemp("studies")
    effects = {"Left-Hippocampus": -0.2}
    made = make_cohort(
        folder / "derivatives" / "freesurfer", n_subjects=90, sites=("A", "B", "C"), effects=effects, seed=8
    )
    made.participants.to_csv(folder / "participants.tsv", sep="\t", index=False)
    later = make_cohort(
        folder / "derivatives" / "longitudinal", n_subjects=12, sessions=3, layout="longitudinal", seed=8
    )
    later.participants.to_csv(folder / "visits.tsv", sep="\t", index=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = ["aseg", "aparc"]
        fsstats.merge(made.root, folder / "cohort.parquet", sources=wanted, participants=folder / "participants.tsv")
    return folder


@pytest.mark.filterwarnings("ignore::fsstats.FsstatsWarning")
def test_the_python_of_statistics_runs(studies, monkeypatch):
    monkeypatch.chdir(studies)
    (reference,) = blocks_of("statistics.md", "csv")
    Path("reference.csv").write_text(reference, encoding="utf-8")
    names = {}
    for block in blocks_of("statistics.md", "python"):
        exec(compile(block, "statistics.md", "exec"), names)  # noqa: S102 - our own text
    found = names["results"].set_index("region")["p_adjusted"]
    assert found["Left-Hippocampus"] < 1e-6 < found["Right-Hippocampus"]


def test_the_commands_of_statistics_run(studies, monkeypatch):
    monkeypatch.chdir(studies)
    for line in STATISTICS:
        text = line.replace("$SUBJECTS_DIR", "derivatives/freesurfer")
        words = [sys.executable, "-m", "fsstats_cli", *shlex.split(text)[1:]]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert len(fsstats.read_table("pooled.csv")) == 45


@pytest.mark.filterwarnings("ignore::fsstats.FsstatsWarning")
def test_the_python_of_tables_runs(study):
    names = {}
    for block in re.findall(r"^```python\n(.*?)^```", TABLES, re.MULTILINE | re.DOTALL):
        exec(compile(block, "tables.md", "exec"), names)  # noqa: S102 - our own text
    assert Path("lh.thickness.txt").read_text().startswith("lh.aparc.thickness\tlh_bankssts_thickness\t")


def test_the_python_of_own_kinds_runs():
    text = (ROOT / "docs" / "own-kinds.md").read_text(encoding="utf-8")
    block = next(b for b in re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL) if "def parse" in b)
    names = {}
    try:
        exec(compile(block, "own-kinds.md", "exec"), names)  # noqa: S102 - our own text
    finally:
        _registry.forget(added=True)
        formats._added.clear()
    assert names["stats"].source == "lesions.v2"
    assert names["stats"].rows["lesion_load"].tolist() == [4.5, 0.5]


def test_the_kinds_of_own_kinds_are_valid():
    text = (ROOT / "docs" / "own-kinds.md").read_text(encoding="utf-8")
    blocks_of_kinds = [
        b for b in re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL) if "[[source]]" in b
    ]
    try:
        for block in blocks_of_kinds:
            fsstats.register(block)
    finally:
        _registry.forget(added=True)
    assert len(blocks_of_kinds) == 2


TABLES = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
PAGES = [*blocks("bash"), *re.findall(r"^```sh\n(.*?)^```", TABLES, re.MULTILINE | re.DOTALL)]
SHELL = [line for line in shown(PAGES) if line not in STATISTICS]


@pytest.mark.parametrize("line", SHELL)
def test_the_commands_that_are_shown_run(study, line, monkeypatch):
    monkeypatch.setenv("SUBJECTS_DIR", str(study))
    (study / "ernie").symlink_to(study / "sub-002")
    Path("subjects.txt").write_text("bert\n")
    if "--from" in line:
        fsstats.merge(study, "cohort.parquet")
    words = [os.path.expandvars(word.replace("$SUBJECTS_DIR", str(study))) for word in shlex.split(line)]
    done = subprocess.run(
        [sys.executable, "-m", "fsstats_cli", *words[1:]], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
