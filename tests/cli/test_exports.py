"""`fsstats table`, `enigma`, `bids` and `design`: from a study and from a merged table alike."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from fsstats import merge
from fsstats.datasets import make_cohort


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A study in fs, its people, and its merged table cohort.parquet, in a folder that no test changes."""
    folder = tmp_path_factory.mktemp("made")
    cohort = make_cohort(folder / "fs", n_subjects=3, seed=6)
    cohort.participants.to_csv(folder / "people.tsv", sep="\t", index=False)
    merge(cohort.root, folder / "cohort.parquet")
    return folder


@pytest.fixture
def cohort(made, tmp_path, monkeypatch):
    """A copy of the study and its table, in the working directory; gives the study."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path / "fs"


def texts(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()
    }


CALLS = {
    "table": ("-s", "aparc", "-m", "thickness", "-o", "OUT/wide.csv"),
    "tables": ("--all", "-o", "OUT"),
    "table for REDCap": ("-s", "aseg", "--redcap", "-o", "OUT"),
    "enigma": ("-o", "OUT"),
    "bids": ("--participants", "people.tsv", "-o", "OUT"),
    "design": ("-p", "people.tsv", "-f", "group", "-v", "age", "-v", "eTIV", "-o", "OUT/age.fsgd"),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_study_and_its_merged_table_give_the_same(call, cohort, fsstats):
    for root, folder in (("fs", "one"), ("cohort.parquet", "two")):
        words = [word.replace("OUT", folder) for word in CALLS[call]]
        if call in {"table", "design"}:
            Path(folder).mkdir()
        done = fsstats("table" if call.startswith("table") else call, root, *words)
        assert done.status == 0, done.err
        assert f"-> {words[-1]}" in done.err
    one, two = texts("one"), texts("two")
    assert one
    assert one == two


def test_a_wide_table_holds_what_was_chosen(cohort, fsstats):
    words = ("-s", "aparc", "-m", "thickness", "--hemi", "lh", "-o", "wide.csv")
    done = fsstats("table", "fs", *words)
    found = pd.read_csv("wide.csv")
    assert list(found.columns[:4]) == ["subject", "session", "stream", "aparc_lh_bankssts_thickness"]
    assert found.shape == (3, 3 + 34)
    assert "3 rows, 34 columns of values -> wide.csv" in done.err


def test_subjects_can_be_chosen(cohort, fsstats):
    Path("some.txt").write_text("sub-002\n")
    for root in ("fs", "cohort.parquet"):
        assert fsstats("enigma", root, "--subjects", "some.txt", "-o", "out").status == 0
        assert [line.split(",")[0] for line in Path("out/LandRvolumes.csv").read_text().splitlines()] == [
            "SubjID",
            "sub-002",
        ]


def test_what_is_read_is_not_overwritten(cohort, fsstats):
    assert fsstats("merge", "fs", "-o", "long.csv").status == 0
    before = texts(".")
    for words in (
        ("table", "long.csv", "-s", "aseg", "-o", "long.csv"),
        ("design", "fs", "-p", "people.tsv", "-v", "age", "-o", "people.tsv"),
    ):
        done = fsstats(*words)
        assert (done.status, "would be overwritten" in done.err) == (1, True)
    assert texts(".") == before


def test_nothing_is_written_of_nobody(cohort, fsstats):
    Path("no.txt").write_text("nobody\n")
    for words in (
        ("enigma", "fs", "-o", "out"),
        ("table", "fs", "-o", "out.csv"),
        ("table", "fs", "--all", "-o", "out"),
    ):
        assert fsstats(*words, "--subjects", "no.txt").status == 1
    assert not [path.name for path in Path().iterdir() if path.name.startswith("out")]


def test_a_wide_table_is_no_cohort(cohort, fsstats):
    assert fsstats("merge", "fs", "-s", "aseg", "--wide", "-o", "wide.parquet").status == 0
    for command in ("enigma", "bids", "table"):
        done = fsstats(command, "wide.parquet", "-o", "out.csv" if command == "table" else "out")
        assert (done.status, "region" in done.err) == (1, True)


def test_usage(cohort, fsstats):
    assert fsstats("table", "fs", "--all", "-m", "volume", "-o", "x").status == 2
    assert fsstats("table", "fs", "-o", "x.ods").status == 1
    words = ("design", "fs", "-p", "people.tsv", "-v", "age", "--longitudinal", "-o", "x.fsgd")
    assert fsstats(*words).status == 2
    done = fsstats("design", "fs", "-p", "people.tsv", "-v", "aeg", "-o", "x.fsgd")
    assert (done.status, "aeg" in done.err) == (1, True)
    assert not Path("x.fsgd").exists()


def test_what_is_wrong_with_the_files_is_said(cohort, fsstats):
    path = cohort / "sub-001" / "stats" / "lh.aparc.stats"
    path.write_text(path.read_text()[:3000])
    done = fsstats("enigma", "fs", "-o", "out")
    assert "sub-001 lh aparc" in done.err
    assert "cells are NA" in done.err
