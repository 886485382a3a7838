"""The documentation names everything there is, and what it shows runs."""

import os
import re
import shlex
import sys
import warnings
from pathlib import Path

import pytest
from typer.testing import CliRunner

import fsstats
from fsstats.datasets import make_cohort
from fsstats.parsers import formats
from fsstats.schema import FILES, JUDGEMENTS, LONG, STATUSES, _registry
from fsstats.tables.problems import PROBLEMS
from fsstats_cli.main import app, main
from gallery_support import cube, head, save

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


def make_study(tmp_path, monkeypatch, n_subjects, tool="freesurfer-7.4.1"):
    made = make_cohort(tmp_path / "derivatives" / "freesurfer", n_subjects=n_subjects, tool=tool, seed=8)
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
    assert len(names["volumes"]) == 12
    assert names["results"]["note"].isna().all()


def test_the_readmes_python_refuses_to_mix_versions(tmp_path, monkeypatch):
    make_study(tmp_path, monkeypatch, 12, tool=("freesurfer-6.0.0", "freesurfer-7.4.1"))
    read, *_, models = blocks("python")
    names = {}
    exec(compile(read, "README.md", "exec"), names)  # noqa: S102 - our own text
    with pytest.raises(fsstats.TableError, match=r"versions mixed: FreeSurfer 6\.0\.0 \(6\), FreeSurfer 7\.4\.1 \(6\)"):
        exec(compile(models, "README.md", "exec"), names)  # noqa: S102 - our own text


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


def run(words, monkeypatch, capfd):
    """Run a command in this process; tests/cli/test_main.py starts it in one of its own. Gives what it said."""
    monkeypatch.setattr(sys, "argv", words)
    capfd.readouterr()
    with pytest.raises(SystemExit, match=r"^\d$") as ended:
        main()
    said = capfd.readouterr().err
    assert not ended.value.code, said
    return said


@pytest.mark.filterwarnings("default")
def test_the_commands_of_statistics_run(studies, monkeypatch, capfd):
    monkeypatch.chdir(studies)
    for line in STATISTICS:
        run(shlex.split(line.replace("$SUBJECTS_DIR", "derivatives/freesurfer")), monkeypatch, capfd)
    assert len(fsstats.read_table("pooled.csv")) == 45


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::fsstats.FsstatsWarning")
def test_the_python_of_figures_runs(studies, tmp_path, monkeypatch):
    for name in ("cohort.parquet", "cohort.files.parquet", "derivatives", "visits.tsv"):
        (tmp_path / name).symlink_to(studies / name)
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks_of("figures.md", "python"):
        exec(compile(block, "figures.md", "exec"), names)  # noqa: S102 - our own text
    assert Path("forest.pdf").read_bytes().startswith(b"%PDF")
    assert [axes.get_xlabel() for axes in names["page"].axes][1] == "group"


@pytest.mark.filterwarnings("ignore::fsstats.FsstatsWarning")
def test_the_time_of_a_visit_is_made_as_the_reference_says(studies, tmp_path, monkeypatch, capfd):
    for name in ("derivatives", "visits.tsv"):
        (tmp_path / name).symlink_to(studies / name)
    monkeypatch.chdir(tmp_path)
    for block in blocks_of("reference.md", "python"):
        exec(compile(block, "reference.md", "exec"), {"fs": fsstats})  # noqa: S102 - our own text
    for line in shown(blocks_of("reference.md", "sh")):
        run([*shlex.split(line), *(["-o", "results.csv"] if " mixed " in line else [])], monkeypatch, capfd)
    results = fsstats.read_table("results.csv")
    assert {"time", "time:group[T.patient]"} <= set(results["term"])
    assert results["n"].eq(36).all()


def test_the_page_of_figures_names_every_figure():
    page = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8")
    assert [name for name in fsstats.plots.__all__ if f"`{name}`" not in page and f"`{name}(" not in page] == []


def test_the_page_of_running_names_all_of_the_runners():
    page = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    assert [name for name in fsstats.runners.__all__ if f"`{name}`" not in page] == []


@pytest.mark.filterwarnings("ignore::fsstats.FsstatsWarning")
def test_the_python_of_quality_runs(studies, monkeypatch):
    monkeypatch.chdir(studies)
    names = {}
    for block in blocks_of("quality.md", "python"):
        exec(compile(block, "quality.md", "exec"), names)  # noqa: S102 - our own text
    assert not names["judgements"]["severity"].eq("error").any()
    assert len(names["results"]) == len(names["everybody"])


@pytest.mark.filterwarnings("default")
def test_the_commands_of_quality_run(studies, monkeypatch, capfd):
    monkeypatch.chdir(studies)
    lines = shown(blocks_of("quality.md", "sh"))
    for line in lines:
        run(shlex.split(line), monkeypatch, capfd)
    assert len(lines) == 3
    assert fsstats.read_table("judgements.tsv").columns.tolist() == list(JUDGEMENTS)


def test_the_page_of_quality_has_every_rule():
    page = (ROOT / "docs" / "quality.md").read_text(encoding="utf-8")
    written = [line for line in page.splitlines() if line.startswith("| `")]
    for name, rule in fsstats.qc.RULES.items():
        star = "" if rule.by_default else " *"
        assert f"| `{name}`{star} | {rule.severity} | {rule.description} | {rule.source} |" in written


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::fsstats.FsstatsWarning")
def test_the_python_and_the_commands_of_the_report_run(studies, tmp_path, monkeypatch, capfd):
    for name in ("cohort.parquet", "cohort.files.parquet", "derivatives", "participants.tsv"):
        (tmp_path / name).symlink_to(studies / name)
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks_of("report.md", "python"):
        exec(compile(block, "report.md", "exec"), names)  # noqa: S102 - our own text
    assert "Welch" not in names["page"].to_html()
    lines = shown(blocks_of("report.md", "sh"))
    assert {" ".join(line.split()) for line in shown(blocks("bash")) if line.split()[1] == "report"} <= set(lines)
    for line in lines:
        run(shlex.split(line), monkeypatch, capfd)
    for name in ("report.html", "comparison.html", "aseg.html"):
        assert Path(name).read_text(encoding="utf-8").rstrip().endswith("</html>")


@pytest.mark.filterwarnings("ignore::fsstats.FsstatsWarning")
def test_the_python_of_tables_runs(study):
    names = {}
    for block in blocks_of("tables.md", "python"):
        exec(compile(block, "tables.md", "exec"), names)  # noqa: S102 - our own text
    assert Path("lh.thickness.txt").read_text().startswith("lh.aparc.thickness\tlh_bankssts_thickness\t")


@pytest.mark.filterwarnings("ignore::fsstats.FsstatsWarning")
def test_the_python_of_reading_runs(study):
    fsstats.merge(study, "cohort.parquet")
    volumes = fsstats.freesurfer_table(fsstats.load(study, sources=["aseg"], details=True), fsstats.AsegTable())
    fsstats.write_freesurfer_table(volumes, "asegstats.txt")
    names = {}
    for block in blocks_of("reading.md", "python"):
        exec(compile(block, "reading.md", "exec"), names)  # noqa: S102 - our own text
    assert names["found"].empty
    assert len(names["wide"]) == len(names["hippocampus"]) == 3
    assert names["old"]["region"].eq("Left-Hippocampus").sum() == 3


@pytest.mark.parametrize("page", ["index.md", "switching.md", "privacy.md", "extending.md"])
def test_the_python_of_a_page_on_a_merged_cohort_runs(studies, page, monkeypatch):
    monkeypatch.chdir(studies)
    names = {}
    for block in blocks_of(page, "python"):
        exec(compile(block, page, "exec"), names)  # noqa: S102 - our own text
    assert len(names["table"])


@pytest.fixture
def images(study):
    """What docs/snapshots.md speaks of: a study with images, FIRST's output, and a table of pairs."""
    for name in ("bert", "sub-002", "sub-003"):
        save(study / name / "mri" / "brain.mgz", head())
        save(study / name / "mri" / "T1.mgz", head())
        save(study / name / "mri" / "aparc+aseg.mgz", cube() + cube(low=(18, 12, 14), high=(21, 17, 19), label=18))
        save(study / name / "mri" / "wmparc.mgz", cube(label=3035))
    save("first/s1_t1.nii.gz", head())
    save("first/s1_all_fast_firstseg.nii.gz", cube())
    pairs, ratings = blocks_of("snapshots.md", "tsv")
    Path("pairs.tsv").write_text(pairs, encoding="utf-8")
    Path("ratings.tsv").write_text(ratings, encoding="utf-8")
    for name in re.findall(r"\S+\.nii\.gz", pairs):
        save(name, cube() if "dseg" in name else head())
    return study


@pytest.mark.filterwarnings("ignore::fsstats.FsstatsWarning")
def test_the_python_of_snapshots_runs(images):
    names = {}
    for block in blocks_of("snapshots.md", "python"):
        exec(compile(block, "snapshots.md", "exec"), names)  # noqa: S102 - our own text
    assert names["table"]["problem"].isna().all()
    assert names["good"]["subject"].unique().tolist() == ["bert", "sub-003"]


@pytest.mark.long
def test_the_commands_of_snapshots_run(images):
    commands = shown(blocks_of("snapshots.md", "sh"))
    for line in commands:
        line = line.replace("$SUBJECTS_DIR", str(images)).replace("--jobs 4", "--slices 1")  # noqa: PLW2901 - the same one
        done = CliRunner().invoke(app, shlex.split(line)[1:], catch_exceptions=False)
        assert done.exit_code == 0, done.stderr
    tables = [fsstats.read_table(path) for path in Path().glob("qc*/snapshots.tsv")]
    assert len(tables) == len(commands) == 5
    assert all(table["problem"].isna().all() for table in tables)


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


PAGES = [
    *blocks("bash"),
    *(block for page in ("tables.md", "index.md", "reading.md", "privacy.md") for block in blocks_of(page, "sh")),
]
ELSEWHERE = {"report", "demo"}  # the page of the report, and tests/cli, run them
SHELL = [line for line in shown(PAGES) if line not in STATISTICS and line.split()[1] not in ELSEWHERE]


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("line", SHELL)
def test_the_commands_that_are_shown_run(study, line, monkeypatch, capfd):
    monkeypatch.setenv("SUBJECTS_DIR", str(study))
    (study / "ernie").symlink_to(study / "sub-002")
    Path("subjects.txt").write_text("bert\n")
    if "--from" in line:
        fsstats.merge(study, "cohort.parquet")
    words = [os.path.expandvars(word.replace("$SUBJECTS_DIR", str(study))) for word in shlex.split(line)]
    run(words, monkeypatch, capfd)
