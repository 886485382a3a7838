"""Each command: what it prints where, what it writes, and when its status is 1."""

import io
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

import fsstats as fs
from fsstats.schema import JUDGEMENTS
from fsstats_cli.commands.check import _show


def listed(folder="."):
    """Name what lies in a folder."""
    return sorted(path.name for path in Path(folder).iterdir())


def printed(done):
    """Read what a command printed on stdout as the table that it is."""
    return pd.read_csv(io.StringIO(done.out), sep="\t", dtype="str", keep_default_na=False)


def damage(study):
    """Cut one file short, so that a value is missing."""
    path = study / "sub-02" / "stats" / "lh.mine.stats"
    path.write_text(path.read_text() + "bankssts 12\n")
    return path


def test_merge_writes_the_table_and_says_what_it_did_on_stderr(fsstats, study):
    done = fsstats("merge", "sd", "-o", "out.parquet")
    assert (done.status, done.out) == (0, "")
    assert listed() == [".out.parquet.ledgers", "out.files.json", "out.files.parquet", "out.json", "out.parquet", "sd"]
    table = fs.read_table("out.parquet")
    assert table.equals(fs.load("sd"))
    assert f"3 subjects, 9 files, {len(table)} values -> out.parquet" in done.err
    assert "out.files.parquet" in done.err
    assert "error" not in done.err
    assert "\x1b" not in done.err
    assert "━" not in done.err


OPTIONS = {
    "--source": (["--source", "seg"], {"sources": ["seg"]}),
    "-s twice": (["-s", "seg", "-s", "mine"], {"sources": ["seg", "mine"]}),
    "--measure": (["--measure", "thickness"], {"measures": ["thickness"]}),
    "-m twice, one in the header": (["-m", "eTIV", "-m", "volume"], {"measures": ["eTIV", "volume"]}),
    "--subjects": (["--subjects", "who.txt"], {"subjects": ["sub-03", "sub-01"]}),
    "all": (
        ["--subjects", "who.txt", "-s", "mine", "-m", "thickness"],
        {"subjects": ["sub-01", "sub-03"], "sources": ["mine"], "measures": ["thickness"]},
    ),
}


@pytest.mark.parametrize(("words", "options"), OPTIONS.values(), ids=OPTIONS)
def test_merge_takes_the_options_of_load(fsstats, study, words, options):
    study.with_name("who.txt").write_bytes(b"\xef\xbb\xbf# chosen\r\nsub-03\r\n\r\n  sub-01  \r\n")
    assert fsstats("merge", "sd", "-o", "out.csv", *words).status == 0
    assert fs.read_table("out.csv").equals(fs.load("sd", **options))


def test_merge_wide_with_participants_is_one_row_a_subject(fsstats, study):
    study.with_name("p.tsv").write_text(
        "participant_id\tage\tlesion_volume\nsub-03\t40\t1.5\nsub-01\t31\t0\nsub-02\tn/a\t2\n"
    )
    assert (
        fsstats(
            "merge", "sd", "-o", "out.csv", "--wide", "--participants", "p.tsv", "-s", "mine", "-m", "thickness"
        ).status
        == 0
    )
    table = pd.read_csv("out.csv")
    assert table["subject"].tolist() == ["sub-01", "sub-02", "sub-03"]
    assert table["age"].fillna(0).tolist() == [31, 0, 40]
    assert table.columns.tolist()[-2:] == ["mine_rh_insula_thickness", "mine_rh_cuneus_thickness"]


@pytest.mark.parametrize(("strict", "status"), [([], 0), (["--strict"], 1)], ids=["lenient", "strict"])
def test_merge_names_participants_without_a_match(fsstats, study, strict, status):
    study.with_name("p.tsv").write_text("participant_id\tage\nsub-01\t31\nsub-09\t40\n")
    done = fsstats("merge", "sd", "-o", "out.csv", "--participants", "p.tsv", *strict)
    assert done.status == status
    assert (
        "warning: 2 in the table but not in participants: sub-02, sub-03; 1 in participants but not in the table: sub-09"
        in done.err
    )
    assert len(pd.read_csv("out.csv")) == len(fs.load("sd"))


@pytest.mark.parametrize(("strict", "status"), [([], 0), (["--strict"], 1)], ids=["lenient", "strict"])
def test_merge_names_a_damaged_file_and_writes_the_rest(fsstats, study, strict, status):
    damage(study)
    done = fsstats("merge", "sd", "-o", "out.csv", *strict)
    assert done.status == status
    assert "1 error" in done.err
    assert "sub-02 lh mine: line 6: expected 3 columns" in done.err
    assert len(pd.read_csv("out.csv")) == 3 * (2 * 2 * 2 + 1 + 2)


def test_a_note_is_no_problem_to_strict(fsstats, study):
    path = study / "sub-02" / "stats" / "lh.mine.stats"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    done = fsstats("merge", "sd", "-o", "out.csv", "--strict")
    assert done.status == 0
    assert "1 note" in done.err


def test_merge_without_a_value_says_why_and_is_status_1(fsstats, study):
    done = fsstats("merge", "sd", "-o", "out.csv", "-s", "seg", "-m", "thickness")
    assert done.status == 1
    assert "thickness" in done.err


def test_merge_of_subjects_that_are_not_there_names_them(fsstats, study):
    study.with_name("who.txt").write_text("nobody\nsub-01\n")
    done = fsstats("merge", "sd", "-o", "out.csv", "--subjects", "who.txt")
    assert done.status == 0
    assert "nobody: no subject of that name in sd" in done.err
    assert "1 subject, 3 files" in done.err


def test_find_prints_a_table_on_stdout_and_counts_on_stderr(fsstats, study):
    done = fsstats("find", "sd")
    assert (done.status, done.err) == (0, "3 subjects; files: 9 found\n")
    table = printed(done)
    assert table["path"].tolist() == fs.find_stats("sd")["path"].tolist()
    assert table["status"].unique().tolist() == ["found"]


def test_people_and_their_runs_are_counted_apart(fsstats, study):
    for session, name in enumerate(("sub-01", "sub-02"), start=1):
        (study / name).rename(study / f"sub-01_ses-{session}")
    assert fsstats("find", "sd").err == "2 subjects (3 runs); files: 9 found\n"
    assert "2 subjects (3 runs), 9 files, " in fsstats("merge", "sd", "-o", "out.parquet").err
    assert "2 subjects (3 runs), 9 files read, " in fsstats("check", "sd").err
    assert "2 subjects (3 runs), 9 files read, " in fsstats("check", "out.parquet").err


def test_folders_that_lie_too_deep_are_a_warning_of_merge_and_check(fsstats, study):
    deep = study / "1" / "2" / "3" / "4" / "5" / "sub-04"
    shutil.copytree(study / "sub-02", deep)
    merged, checked = fsstats("merge", "sd", "-o", "out.parquet"), fsstats("check", "sd")
    for done in (merged, checked):
        assert done.status == 0
        assert "1 warning:\n- cohort: " in done.err
        assert "sub-04 lies more than 5 levels down, so not looked into: name a folder nearer" in done.err
    assert "1 problem" in checked.err
    assert fsstats("merge", "sd", "-o", "out.parquet", "--strict").status == 1


def test_find_writes_the_files_table_instead(fsstats, study):
    done = fsstats("find", "sd", "--source", "seg", "-o", "files.tsv")
    assert (done.status, done.out) == (0, "")
    assert fs.read_table("files.tsv").equals(fs.find_stats("sd", sources=["seg"]))


def test_find_is_status_1_where_no_file_is(fsstats, study):
    for path in study.rglob("*.stats"):
        path.unlink()
    for part in ("mri", "surf"):
        (study / "sub-01" / part).mkdir()
    assert fsstats("find", "sd").status == 1


def test_check_of_a_sound_study_prints_no_table(fsstats, study):
    done = fsstats("check", "sd", "--strict", "--rule", "files")
    assert (done.status, done.out) == (0, "")
    assert "9 files read" in done.err
    assert "0 problems" in done.err


@pytest.mark.parametrize(("strict", "status"), [([], 0), (["--strict"], 1)], ids=["lenient", "strict"])
def test_check_lists_problems_of_files(fsstats, study, strict, status):
    path = damage(study)
    done = fsstats("check", "sd", *strict, "--problems", "problems.csv", "--rule", "files")
    assert done.status == status
    table = fs.read_table("problems.csv")
    assert table[["level", "rule", "subject", "source", "hemi"]].to_numpy().tolist() == [
        ["error", "partial", "sub-02", "mine", "lh"]
    ]
    assert [Path(name).resolve() for name in table["path"]] == [path.resolve()]
    assert done.err.count(table["problem"].iloc[0]) == 1
    assert "1 problem" in done.err
    assert "1 problems" not in done.err


def test_check_prints_the_worklist_and_writes_the_judgements(fsstats, study):
    damage(study)
    done = fsstats("check", "sd", "-o", "judgements.tsv")
    runs, judgements = printed(done), fs.read_table("judgements.tsv")
    assert runs["subject"].tolist()[0] == "sub-02"  # its file is cut, and its head size is of another unit as all are
    assert runs["n_errors"].tolist() == ["2", "1", "1"]
    assert (judgements["severity"] == "error").sum() == 4
    assert judgements.columns.tolist() == list(JUDGEMENTS)
    assert "found by rule: head_size 3, files 1" in done.err
    sidecar = json.loads(Path("judgements.json").read_text(encoding="utf-8"))
    assert set(sidecar["severity"]["Levels"]) == {"error", "warning", "note"}


def test_check_judges_a_merged_table_with_participants(fsstats, study):
    assert fsstats("merge", "sd", "-o", "cohort.parquet").status == 0
    Path("people.tsv").write_text("participant_id\tcentre\nsub-01\tA\nsub-02\tA\nsub-03\tB\n")
    done = fsstats("check", "cohort.parquet", "-p", "people.tsv", "--site", "centre")
    assert done.status == 0
    assert printed(done)["worst_rule"].unique().tolist() == ["head_size"]


def test_check_names_the_first_runs_in_words_on_a_terminal(monkeypatch, capsys):
    says = "left insula thickness (aparc) is 5.2 mm. " * 9
    one = pd.DataFrame([dict.fromkeys(JUDGEMENTS)]).assign(subject="s1", rule="range", severity="error", says=says)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    _show(pd.concat([one.assign(subject=f"s{k}") for k in range(12)], ignore_index=True), None)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "to look at first:"
    assert lines[1].startswith("- s0: 1 error (range). left insula thickness (aparc) is 5.2 mm.")
    assert lines[-1] == "- and 2 more runs"
    assert max(map(len, lines)) <= 240


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rule", "outliers"], "no rule is called 'outliers'; did you mean outlier"),
        (["--site", "centre"], "no column of people (site) is called 'centre'"),
        (["-c", "age"], "no variable is called 'age'"),
        (["-o", "sd.txt"], ".txt"),
    ],
)
def test_check_refuses_what_does_not_exist(fsstats, study, words, said):
    done = fsstats("check", "sd", *words)
    assert done.status == 1
    assert said in done.err


def test_show_prints_the_table_on_stdout_and_the_header_on_stderr(fsstats, study):
    done = fsstats("show", "sd/sub-01/stats/seg.stats")
    assert done.status == 0
    assert (
        printed(done).to_numpy().tolist() == [["1", "17", "41", "41.5", "Left-Hippocampus"]]
        or "Left-Hippocampus" in done.out
    )
    assert printed(done)["Volume_mm3"].tolist() == ["41.5"]
    assert "eTIV: 151.25 mm^3" in done.err
    assert "source: seg" in done.err


def test_show_takes_an_address(fsstats, study):
    shutil.make_archive("all", "zip", study)
    inside = fsstats("show", "zip://sub-01/stats/seg.stats::all.zip")
    assert inside.status == 0
    assert inside.out == fsstats("show", "sd/sub-01/stats/seg.stats").out
    assert fsstats("show", "zip://sub-01/stats/none.stats::all.zip").status == 1


def test_show_of_a_damaged_file_prints_what_is_whole_and_names_the_rest(fsstats, study):
    path = damage(study)
    done = fsstats("show", path)
    assert done.status == 1
    assert printed(done)["StructName"].tolist() == ["insula", "cuneus"]
    assert f"problem: {path}:6: expected 3 columns" in done.err


def test_show_does_not_take_brackets_for_markup(fsstats, study):
    path = study / "sub-01" / "stats" / "lh.mine.stats"
    path.write_text(path.read_text().replace("insula", "[bold]insula[/bold]"))
    assert "[bold]insula[/bold]" in fsstats("show", path).out


def test_demo_makes_a_cohort_merges_it_and_prints_where_it_is(fsstats, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = fsstats("demo", "--subjects", "2")
    assert done.status == 0
    assert listed("fsstats-demo") == [
        "cohort.files.json",
        "cohort.files.parquet",
        "cohort.json",
        "cohort.parquet",
        "subjects",
    ]
    table = fs.read_table("fsstats-demo/cohort.parquet")
    assert table["subject"].nunique() == 2
    assert {"age", "group"} <= set(table.columns)
    for word in ("fsstats-demo/subjects", "fsstats-demo/cohort.parquet", "Left-Hippocampus", "fsstats merge"):
        assert word in done.out
    assert "Traceback" not in done.err
    again = fsstats("demo", "--subjects", "2")
    assert again.status == 1
    assert "fsstats-demo is not empty" in again.err


def test_demo_of_the_same_seed_is_the_same(fsstats, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("a", "b"):
        assert fsstats("demo", folder, "--subjects", "2", "--seed", "7").status == 0
    assert fs.read_table("a/cohort.parquet").equals(fs.read_table("b/cohort.parquet"))
