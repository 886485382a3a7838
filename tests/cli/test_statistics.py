"""The commands of the statistics: a study or a merged table in, the library's results out."""

import os
import pty
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import fsstats as library
from fsstats.datasets import make_cohort
from fsstats.schema import RESULTS


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A study of two sites and 40 subjects, merged with and without its participants."""
    folder = tmp_path_factory.mktemp("study")
    made = make_cohort(folder / "fs", n_subjects=40, sites=("A", "B"), effects={"Left-Hippocampus": -0.2}, seed=2)
    made.participants.to_csv(folder / "people.tsv", sep="\t", index=False)
    library.merge(made.root, folder / "plain.parquet", sources=["aseg", "aparc"])
    library.merge(made.root, folder / "cohort.parquet", sources=["aseg", "aparc"], participants=folder / "people.tsv")
    return folder


@pytest.fixture
def here(made, tmp_path, monkeypatch):
    """Work in a folder of its own; give where the study is."""
    monkeypatch.chdir(tmp_path)
    return made


def table_of(made, measures):
    cohort = library.read_cohort(made / "cohort.parquet", sources=["aseg"], measures=measures)
    return library.with_versions(cohort.table, cohort.files)


CALLS = {
    "compare": ("compare", ["-b", "group", "-c", "age", "-c", "eTIV"], "patient - control"),
    "regress": ("regress", ["-f", "value ~ group + age + eTIV", "-t", "group"], "group[T.patient]"),
    "permute": (
        "permute",
        ["-f", "value ~ group + age + eTIV", "-t", "group", "--seed", "1", "-n", "99"],
        "group[T.patient]",
    ),
}


@pytest.mark.parametrize(("command", "words", "term"), CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("root", ["cohort.parquet", "plain.parquet", "fs"])
def test_a_study_and_its_merged_tables_give_the_same_results(root, command, words, term, here, fsstats):
    people = [] if root == "cohort.parquet" else ["-p", here / "people.tsv"]
    done = fsstats(command, here / root, *people, *words, "-s", "aseg", "-m", "volume", "-o", "out.csv")
    assert done.status == 0, done.err
    found = library.read_table("out.csv").set_index("region")
    assert tuple(found.reset_index().columns[:5]) == (*("region", "source", "hemi", "measure"), "term")
    assert found.loc["Left-Hippocampus", "p_value"] < 1e-5
    assert found["term"].eq(term).all()
    assert len(found) == 45
    assert "45 rows -> out.csv" in done.err
    assert "note: Left-WM-hypointensities, Right-WM-hypointensities: does not vary" in done.err


def test_the_numbers_are_those_of_the_library(here, fsstats):
    done = fsstats("compare", here / "cohort.parquet", "-b", "group", "-c", "age", "-s", "aseg", "-m", "volume")
    ours = library.compare(table_of(here, ["volume"]), "group", covariates=["age"])
    lines = [line.split("\t") for line in done.out.splitlines()]
    assert tuple(lines[0]) == RESULTS
    printed = pd.DataFrame(lines[1:], columns=lines[0])
    assert np.allclose(pd.to_numeric(printed["p_value"]), ours["p_value"], equal_nan=True)


def test_results_are_corrected_in_one_go_or_later(here, fsstats):
    words = ["-f", "value ~ group + age", "-t", "group", "-s", "aseg", "-m", "volume"]
    assert fsstats("regress", here / "cohort.parquet", *words, "--correct", "holm", "-o", "one.parquet").status == 0
    assert fsstats("regress", here / "cohort.parquet", *words, "-o", "plain.csv").status == 0
    done = fsstats("correct", "plain.csv", "--method", "holm", "-o", "two.parquet")
    assert done.status == 0, done.err
    one, two = (library.read_table(f"{name}.parquet") for name in ("one", "two"))
    assert np.allclose(one["p_adjusted"], two["p_adjusted"], equal_nan=True)
    assert one["n_tests"].max() == 43


def test_sites_are_pooled_from_one_table_or_from_one_each(here, fsstats):
    words = ["-f", "value ~ group + age", "-t", "group", "-s", "aseg", "-m", "volume", "-r", "Left-Hippocampus"]
    assert fsstats("regress", here / "cohort.parquet", *words, "--by", "site", "-o", "sites.csv").status == 0
    both = library.read_table("sites.csv")
    for site, own in both.groupby("site"):
        own.drop(columns="site").to_csv(f"{site}.csv", index=False)
    one = fsstats("meta", "sites.csv", "--site", "site")
    two = fsstats("meta", "A.csv", "B.csv")
    assert one.status == two.status == 0, one.err + two.err
    assert one.out == two.out
    assert fsstats("meta", "A.csv", "B.csv", "--leave-one-out").status == 0
    assert fsstats("meta", "A.csv").status == 2


def test_a_mixed_model_of_sites(here, fsstats):
    words = ["-f", "value ~ group + age", "-t", "group", "-g", "site", "-s", "aseg", "-m", "volume"]
    done = fsstats("mixed", here / "cohort.parquet", *words, "-o", "mixed.csv")
    assert done.status == 0, done.err
    assert "warning: 2 groups of site are few" in done.err
    assert "divide" not in done.err
    assert library.read_table("mixed.csv")["term"].eq("group[T.patient]").all()


@pytest.mark.parametrize("command", ["adjust", "harmonise"])
def test_what_was_fitted_can_be_kept_and_applied(command, here, fsstats):
    choice = ["-s", "aparc", "-m", "thickness"] if command == "harmonise" else ["-s", "aseg", "-m", "volume"]
    words = [command, here / "cohort.parquet", *choice]
    one = fsstats(*words, "--save-model", "model.json", "-o", "one.parquet")
    two = fsstats(*words, "--model", "model.json", "-o", "two.parquet")
    assert one.status == two.status == 0, one.err + two.err
    assert "what was fitted -> model.json" in one.err
    tables = [library.read_table(f"{name}.parquet") for name in ("one", "two")]
    assert np.allclose(tables[0]["value"], tables[1]["value"], equal_nan=True)
    other = "adjust" if command == "harmonise" else "harmonise"
    done = fsstats(other, here / "cohort.parquet", *choice, "--model", "model.json")
    assert done.status == 1
    assert "model.json: expected a" in done.err


def test_asymmetries_can_be_compared(here, fsstats):
    words = ["-s", "aparc", "-m", "thickness", "-o", "asymmetry.csv"]
    assert fsstats("asymmetry", here / "plain.parquet", "-p", here / "people.tsv", *words).status == 0
    done = fsstats("compare", "asymmetry.csv", "-b", "group", "-o", "out.csv")
    assert done.status == 0, done.err
    assert library.read_table("out.csv")["hemi"].eq("lr").all()


FAULTS = {
    "an unknown variable": (["regress", "-f", "value ~ grup"], 1, "no variable is called 'grup'; did you mean group?"),
    "code in a formula": (["regress", "-f", "~ {open('x')}"], 1, "expected arithmetic and the functions"),
    "an unknown region": (["regress", "-f", "~ age", "-r", "hippo"], 1, "no region is called 'hippo'"),
    "an unknown term": (["regress", "-f", "~ age", "-t", "sex"], 1, "no term of the model is called 'sex'"),
    "half a reference": (["regress", "-f", "~ group", "--reference", "group"], 2, "expected a variable and its level"),
    "an unknown correction": (["regress", "-f", "~ age", "--correct", "fdr"], 1, "did you mean fdr_by or fdr_bh"),
    "two corrections": (["compare", "-b", "group", "--adjust", "tukey", "--correct", "holm"], 2, "not both"),
    "no groups": (["compare", "-b", "age"], 1, "age: expected groups, found numbers"),
    "one site": (["harmonise", "--site", "group"], 1, "no variation at site"),
    "no head size": (["adjust", "--icv", "TIV"], 1, "TIV"),
}


@pytest.mark.parametrize(("words", "status", "message"), FAULTS.values(), ids=FAULTS)
def test_what_cannot_be_done_is_said_in_one_line(words, status, message, here, fsstats):
    done = fsstats(words[0], here / "cohort.parquet", *words[1:], "-s", "aseg", "-m", "volume", "-o", "out.csv")
    assert done.status == status
    assert message in done.err
    assert not os.path.exists("out.csv")  # noqa: PTH110 - in the working folder


def test_a_participant_without_a_subject_is_said(here, fsstats):
    people = pd.read_csv(here / "people.tsv", sep="\t").iloc[:-1]
    people.to_csv("few.tsv", sep="\t", index=False)
    done = fsstats("compare", here / "plain.parquet", "-p", "few.tsv", "-b", "group", "-s", "aseg", "-m", "volume")
    assert done.status == 0
    assert "warning: 1 in the table but not in participants: sub-040" in done.err


def test_an_output_that_is_an_input_is_refused(here, fsstats):
    library.write_table(table_of(here, ["volume", "eTIV"]), "own.parquet")
    done = fsstats("adjust", "own.parquet", "-o", "own.parquet")
    assert done.status == 1
    assert "would be overwritten" in done.err


def test_a_terminal_gets_few_digits_and_columns(here):
    words = ["compare", here / "cohort.parquet", "-b", "group", "-s", "aseg", "-m", "volume", "-r", "Left-Hippocampus"]
    mine, theirs = pty.openpty()
    command = [sys.executable, "-m", "fsstats_cli", *map(str, words)]
    subprocess.run(command, stdout=theirs, stderr=subprocess.DEVNULL, check=True)
    os.close(theirs)
    shown = os.read(mine, 100_000).decode().splitlines()
    os.close(mine)
    assert shown[0].split()[:5] == ["source", "hemi", "region", "measure", "term"]
    assert "method" not in shown[0]
    assert len(shown) == 2
