"""The commands of the statistics: a study or a merged table in, the library's results out."""

import contextlib
import os
import pathlib
import pty
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import fsstats as library
from fsstats.datasets import make_cohort
from fsstats.schema import RESULTS
from fsstats_cli.terminal import print_rows


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
    "two references": (
        ["regress", "-f", "~ group", "--reference", "group=control", "--reference", "group=patient"],
        2,
        "group has one reference level, and control and patient are given",
    ),
    "one variance with covariates": (["compare", "-b", "group", "-c", "age", "--equal-variance"], 2, "of no use with"),
    "a strange region": (["harmonise", "--without", "hippo"], 1, "no region is called 'hippo'"),
    "a strange region to permute": (
        ["permute", "-f", "~ age + eTIV", "-t", "age", "--seed", "1", "-r", "hippo"],
        1,
        "no region is called 'hippo'",
    ),
    "two corrections": (["compare", "-b", "group", "--adjust", "tukey", "--correct", "holm"], 2, "not both"),
    "no groups": (["compare", "-b", "age"], 1, "use fsstats regress; or make groups of them, as text"),
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


def on_a_terminal(words):
    """Give the lines that a command prints on a terminal."""
    mine, theirs = pty.openpty()
    command = [sys.executable, "-m", "fsstats_cli", *map(str, words)]
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL) as running:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # how the end is told
            while part := os.read(mine, 100_000):
                shown += part
    os.close(mine)
    assert running.returncode == 0
    return shown.decode().splitlines()


def test_a_terminal_gets_few_digits_and_columns(here):
    words = ["compare", here / "cohort.parquet", "-b", "group", "-s", "aseg", "-m", "volume", "-r", "Left-Hippocampus"]
    shown = on_a_terminal(words)
    assert shown[0] == "source aseg, measure volume, term patient - control"
    assert shown[1].split()[:2] == ["region", "estimate"]
    assert "method" not in shown[1]
    assert len(shown) == 4
    assert "more columns: -o FILE, or a pipe, gives all" in shown[3]


@pytest.fixture(scope="module")
def sites(made):
    """Results of two sites."""
    formula = "value ~ group + age"
    return library.by_site(table_of(made, ["volume"]), library.regress, formula, site="site", terms=["group"])


@pytest.fixture
def lines(monkeypatch, capsys):
    """Give a function that prints results on a terminal of so many columns, and gives the lines."""

    def shown(results, columns):
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        print_rows(results)
        return capsys.readouterr().out.splitlines()

    return shown


@pytest.mark.parametrize("columns", [60, 80, 120, 300])
def test_lines_of_results_fit_a_terminal(columns, sites, lines):
    own = sites[sites["region"].isin(sites["region"].unique()[:20])]
    shown = lines(own, columns)
    assert max(map(len, shown)) <= columns
    assert shown[0].startswith("source aseg, measure volume")
    place = next(place for place, line in enumerate(shown) if "region" in line)
    head = shown[place].split()
    assert head[:3] == ["site", "region", "estimate"]
    assert "p_value" in head
    assert ("effect_size" in head) == (columns > 60)
    assert ("ci_low" in head) == ("ci_high" in head) == (columns > 60)
    assert {"Left-Cerebellum-White-Matter", "Left-Hippocampus"} <= {line.split()[1] for line in shown[place:]}
    told = len(" ".join(shown[:place]).split(", ")) + 1  # and the side, which the regions' names tell
    more = own.notna().any().sum() - len(head) - told
    assert " ".join(shown[place + 41 :]).startswith(f"... {more} more columns: -o FILE")


def test_p_values_that_are_corrected_have_a_place_first(sites, lines):
    own = library.correct(sites[sites["site"] == "A"])
    head = next(line.split() for line in lines(own, 80) if "region" in line)
    assert head == ["region", "estimate", "ci_low", "ci_high", "effect_size", "p_adjusted"]


def test_of_many_rows_those_of_the_smallest_p_values_are_printed(sites, lines):
    shown = lines(sites, 120)
    found = [line.split() for line in shown if line[:2] in {"A ", "B "}]
    assert len(found) == 40
    for site, own in sites.groupby("site"):
        best = own.sort_values("p_value", kind="stable")["region"].iloc[:20]
        assert [words[1] for words in found if words[0] == site] == best.tolist()
    assert shown[-1].startswith("... 50 more rows (these have the smallest p_value of each site), ")


def test_of_many_rows_of_a_model_intercepts_come_last(made, lines):
    results = library.regress(table_of(made, ["volume"]), "value ~ group + age + sex")
    shown = " ".join(lines(results, 80))
    assert "Intercept" not in shown
    assert "140 more rows (these have the smallest p_value of each term)" in shown
    for term in ("age", "group[T.patient]", "sex[T.M]"):  # a part each, in which more columns fit
        assert f"term {term}, " in shown
    assert shown.count("ci_low ci_high effect_size") == 3


def test_measures_are_parted_where_lines_would_be_too_long(made, lines):
    cohort = library.read_cohort(made / "cohort.parquet", measures=["volume", "thickness", "area"])
    results = library.compare(cohort.table, "group")
    shown = lines(results[results["region"].isin(["insula", "precuneus", "Left-Hippocampus"])], 56)
    assert max(map(len, shown)) <= 56
    assert [line for line in shown if line.startswith("source")] == [
        "source aseg, region Left-Hippocampus, measure volume,",
        "source aparc, measure area, term patient - control, unit",
        "source aparc, measure thickness, term patient - control,",
        "source aparc, measure volume, term patient - control,",
    ] or [line.split(", ")[0] for line in shown if line.startswith("source")].count("source aparc") == 3


def test_a_long_table_has_its_first_rows_on_a_terminal(made, lines):
    table = library.read_table(made / "cohort.parquet", source="aseg", measure="volume")
    shown = lines(table, 80)
    assert shown[0] == "subject sub-001, stream cross, source aseg, measure volume, unit mm^3"
    head = next(line.split() for line in shown if "region" in line and "value" in line)
    assert head[:2] == ["region", "value"]
    assert "1,760 more rows (these are the first)" in " ".join(shown[-2:])
    assert lines(table.iloc[:3], 200)[-1].split()[-4:] == [
        str(one) for one in table.iloc[2][["age", "sex", "group", "site"]]
    ]


def test_what_is_missing_is_left_blank_on_a_terminal(lines):
    own = pd.DataFrame({"source": ["x", "x"], "region": ["a", "b"], "estimate": pd.array([1, None], dtype="Int64")})
    assert lines(own, 80) == ["source x", "region estimate", "a             1", "b"]


def test_results_of_another_program_are_printed_whole(lines):
    theirs = pd.DataFrame({"roi": ["a", "b"], "p": [0.01, np.nan], "p_adjusted": [0.02, np.nan], "remark": ["x", None]})
    assert lines(theirs, 80) == ["roi    p p_adjusted remark", "a   0.01       0.02 x", "b"]


def test_a_terminal_shows_whose_results_they_are(sites, lines):
    own = sites[sites["region"] == "Left-Hippocampus"]
    shown = lines(library.leave_one_out(own), 80)
    assert any("left_out" in line.split() for line in shown)
    assert "region Left-Hippocampus" in " ".join(shown)
    assert lines(sites.drop(columns="source"), 80)[0].startswith("measure volume")
    assert lines(sites.iloc[:0], 80)[0] == "(no rows)"


WRITTEN = {
    "the model over the table": (["--save-model", "own.parquet", "-o", "out.csv"], "own.parquet is what is read"),
    "the model over the people": (["--save-model", "people.tsv", "-o", "out.csv"], "people.tsv is what is read"),
    "the model over the output": (["--save-model", "out.csv", "-o", "out.csv"], "out.csv is what is read"),
    "the model over the sidecar": (["--save-model", "out.json", "-o", "out.csv"], "what the columns of out.csv mean"),
    "the model over anything": (["--save-model", "notes.txt"], "no model that fsstats wrote"),
    "the model nowhere": (["--save-model", "no/m.json"], "no such folder"),
    "the output over the people": (["-o", "people.tsv"], "people.tsv is what is read"),
    "another's sidecar": (["-o", "own.csv"], "own.json says what the columns of own.parquet mean"),
    "the output nowhere": (["-o", "no/out.csv"], "no such folder"),
    "an unknown format": (["-o", "out.xlsx"], "out.xlsx: expected a name that ends in .parquet, .csv, .tsv"),
}


@pytest.mark.parametrize(("words", "message"), WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("command", ["adjust", "harmonise"])
def test_nothing_that_is_read_is_overwritten_and_nothing_is_read_first(command, words, message, here, fsstats):
    names = ["own.parquet", "own.json", "people.tsv", "notes.txt"]
    for name in names:
        pathlib.Path(name).write_text(f"this is {name}", encoding="utf-8")
    done = fsstats(command, "own.parquet", "-p", "people.tsv", *words)
    assert done.status == 1
    assert message in done.err
    assert [pathlib.Path(name).read_text(encoding="utf-8") for name in names] == [f"this is {name}" for name in names]


def test_a_model_is_written_again(here, fsstats):
    words = ["adjust", here / "cohort.parquet", "-s", "aseg", "-m", "volume", "--save-model", "m.json", "-o", "a.csv"]
    assert fsstats(*words).status == fsstats(*words).status == 0


@pytest.mark.parametrize(
    "words",
    [["permute", "-t", "age", "--seed", "1", "-n", "30000"], ["regress"], ["mixed"]],
    ids=["permute", "regress", "mixed"],
)
def test_an_output_is_looked_at_before_the_work(words, here, fsstats):
    pathlib.Path("broken.parquet").write_text("no table", encoding="utf-8")
    done = fsstats(words[0], "broken.parquet", "-f", "~ age", *words[1:], "-o", "nodir/x.csv")
    assert (done.status, done.err) == (1, "fsstats: no such folder, make it first: nodir\n")


@pytest.mark.parametrize("root", ["cohort.parquet", "fs"])
@pytest.mark.parametrize("choice", [["-s", "aparc", "-m", "thickness"], ["-s", "aparc"]])
def test_the_head_size_of_aseg_is_a_covariate_of_the_cortex(choice, root, here, fsstats):
    words = ["-f", "value ~ age + eTIV", "-t", "age", *choice]
    people = [] if root == "cohort.parquet" else ["-p", here / "people.tsv"]
    done = fsstats("regress", here / root, *people, *words, "-o", "out.csv")
    assert done.status == 0, done.err
    found = library.read_table("out.csv")
    assert set(found["source"]) == {"aparc"}
    assert not found.duplicated(["hemi", "region", "measure", "term"]).any()
    table = library.with_versions(*_cohort(here))
    ours = library.regress(table, "value ~ age + eTIV", terms=["age"])
    ours = ours[ours["source"] == "aparc"]
    ours = ours[ours["measure"] == "thickness"] if "-m" in choice else ours
    assert len(found) == len(ours)
    assert np.allclose(found["estimate"].sort_values(), ours["estimate"].sort_values(), equal_nan=True)


def _cohort(here):
    cohort = library.read_cohort(here / "cohort.parquet")
    return cohort.table, cohort.files


def test_only_what_was_asked_for_is_in_the_results(here, fsstats):
    words = ["-f", "value ~ age + eTIV", "-t", "age", "-s", "aseg", "-o", "out.csv"]
    assert fsstats("regress", here / "cohort.parquet", *words, "-m", "volume", "-m", "eTIV").status == 0
    assert library.read_table("out.csv")["measure"].value_counts().to_dict() == {"volume": 45, "eTIV": 1}
    done = fsstats("regress", here / "cohort.parquet", *words, "-m", "thicknes")
    assert done.status == 1
    assert "did you mean" in done.err or "there are" in done.err


def test_a_participants_column_goes_before_a_measure_of_its_name(here, fsstats):
    people = pd.read_csv(here / "people.tsv", sep="\t")
    people.assign(eTIV=np.arange(len(people)) % 7).to_csv("own.tsv", sep="\t", index=False)
    words = ["-f", "value ~ eTIV", "-t", "eTIV", "-s", "aparc", "-m", "thickness", "-o", "out.csv"]
    done = fsstats("regress", here / "plain.parquet", "-p", "own.tsv", *words)
    assert done.status == 0, done.err
    assert library.read_table("out.csv")["estimate"].abs().median() > 1e-4


def test_a_measure_can_be_the_weights(here, fsstats):
    words = ["-f", "value ~ age", "-t", "age", "-s", "aparc", "-m", "thickness", "-o", "out.csv"]
    done = fsstats("regress", here / "cohort.parquet", *words, "--weights", "eTIV")
    assert done.status == 0, done.err


def test_one_region_is_permuted_with_a_measure_as_covariate(here, fsstats):
    words = ["-f", "value ~ group + eTIV", "-t", "group", "--seed", "1", "-n", "99", "-s", "aseg", "-m", "volume"]
    done = fsstats("permute", here / "cohort.parquet", *words, "-r", "Left-Hippocampus", "-o", "out.csv")
    assert done.status == 0, done.err
    found = library.read_table("out.csv")
    assert found["region"].tolist() == ["Left-Hippocampus"]
    assert found["p_fwe"].tolist() == found["p_permutation"].tolist()


LONG_TABLES = {
    "areas by the head size of aseg": ["adjust", "-s", "aparc", "-m", "area"],
    "as fractions": ["adjust", "-s", "aseg", "-m", "volume", "--method", "proportion"],
    "with a nuisance": ["adjust", "-s", "aparc", "-m", "volume", "--nuisance", "BrainSegVol"],
    "sites, keeping the head size": ["harmonise", "-s", "aparc", "-m", "thickness", "--keep", "age + eTIV"],
}


@pytest.mark.parametrize("words", LONG_TABLES.values(), ids=LONG_TABLES)
@pytest.mark.parametrize("root", ["cohort.parquet", "fs"])
def test_a_long_table_holds_what_was_asked_for(words, root, here, fsstats):
    people = [] if root == "cohort.parquet" else ["-p", here / "people.tsv"]
    done = fsstats(words[0], here / root, *people, *words[1:], "--save-model", "m.json", "-o", "out.parquet")
    assert done.status == 0, done.err
    found = library.read_table("out.parquet")
    asked = library.read_table(here / "cohort.parquet", source=words[2], measure=words[4])
    assert len(found) == len(asked)
    assert not (found["region"] == "global").any()
    assert fsstats(words[0], here / root, *people, *words[1:5], "--model", "m.json", "-o", "two.parquet").status == 0
    assert np.allclose(library.read_table("two.parquet")["value"], found["value"], equal_nan=True)


def test_the_head_scaling_is_that_of_another_source(tmp_path, monkeypatch, fsstats):
    monkeypatch.chdir(tmp_path)
    rows = [(f"sub-{n}", "first", "L_Amyg", "volume", 1000.0 + n, "mm^3", f"{n % 2}") for n in range(6)] + [
        (f"sub-{n}", "sienax", "global", "VSCALING", 1.2 + n / 100, "unitless", f"{n % 2}") for n in range(6)
    ]
    columns = ["subject", "source", "region", "measure", "value", "unit", "site"]
    table = pd.DataFrame(rows, columns=columns).assign(session=None, stream="cross", hemi=None)
    library.write_table(table[[*library.schema.LONG, "site"]], "fsl.csv")
    done = fsstats("adjust", "fsl.csv", "-s", "first", "-m", "volume", "--method", "sienax", "-o", "out.csv")
    assert done.status == 0, done.err
    assert np.allclose(library.read_table("out.csv")["value"], [(1000 + n) * (1.2 + n / 100) for n in range(6)])


def test_several_levels_are_the_people_to_fit_to(here, fsstats):
    words = ["adjust", here / "cohort.parquet", "-s", "aseg", "-m", "volume", "-o", "out.csv"]
    both = ["--reference", "group=control", "--reference", "group=patient"]
    assert fsstats(*words, *both, "--save-model", "both.json").status == 0
    assert fsstats(*words, "--save-model", "all.json").status == 0
    assert fsstats(*words, *both[:2], "--save-model", "one.json").status == 0
    both, everyone, one = (library.read_model(f"{name}.json").means for name in ("both", "all", "one"))
    assert both == everyone != one


USELESS = {
    "adjust": ["--method", "--icv", "--by", "--nuisance", "--exponent", "--minimum", "--force", "--reference"],
    "harmonise": ["--site", "--keep", "--method", "--reference-site", "--allow"],
}


@pytest.mark.parametrize(("command", "option"), [(name, one) for name, options in USELESS.items() for one in options])
def test_what_is_fitted_already_takes_no_options_of_the_fit(command, option, here, fsstats):
    pathlib.Path("m.json").touch()
    done = fsstats(command, here / "cohort.parquet", "--model", "m.json", option, "20" if option != "--force" else "x")
    assert done.status == 2
    assert f"Invalid value for {option}" in done.err
    assert "of no use with --model" in done.err
    switch = "--keep-unit" if command == "adjust" else "--no-empirical-bayes"
    assert fsstats(command, here / "cohort.parquet", "--model", "m.json", switch).status == 2


def test_other_p_values_are_corrected_if_they_are_named(here, fsstats):
    words = ["-f", "value ~ group", "-t", "group", "--seed", "1", "-n", "99", "-s", "aseg", "-m", "volume"]
    assert fsstats("permute", here / "cohort.parquet", *words, "-o", "p.csv").status == 0
    plain = fsstats("correct", "p.csv", "-o", "one.csv")
    assert "warning: p_value is corrected; there is p_permutation as well" in plain.err
    named = fsstats("correct", "p.csv", "--p-column", "p_permutation", "-o", "two.csv")
    assert named.status == 0
    assert "warning" not in named.err
    table = library.read_table("two.csv")
    assert table["adjustment"].eq("fdr_bh of p_permutation within measure, term").all()
    again = fsstats("correct", "two.csv", "--p-column", "p_value", "-o", "three.csv")
    assert "warning: p_adjusted was there and is replaced: fdr_bh of p_permutation within" in again.err


def test_some_regions_are_shown_of_results_that_are_corrected_over_all(here, fsstats):
    words = ["compare", here / "cohort.parquet", "-b", "group", "-s", "aseg", "-m", "volume", "--correct", "fdr_bh"]
    whole = fsstats(*words)
    shown = fsstats(*words, "--show", "Left-Hippocampus", "--show", "Brain-Stem")
    rows = [line for line in whole.out.splitlines() if "Hippocampus" in line or "Brain-Stem" in line]
    assert shown.out.splitlines()[1:] == [line for line in rows if "Right" not in line]
    written = fsstats(*words, "--show", "Left-Hippocampus", "-o", "all.csv")
    assert [line.count("Left-Hippocampus") for line in written.out.splitlines()] == [0, 1]
    assert len(library.read_table("all.csv")) == len(whole.out.splitlines()) - 1
    again = fsstats("correct", "all.csv", "--show", "Left-Hippocampus")
    assert again.out == written.out
    unknown = fsstats(*words, "--show", "Hippocampus")
    assert unknown.status == 1
    assert "no region is called 'Hippocampus'; did you mean" in unknown.err


def test_a_family_of_several_sources_is_said_in_options(here, fsstats):
    done = fsstats("compare", here / "cohort.parquet", "-b", "group", "-m", "volume", "--correct", "fdr_bh")
    assert "volume and patient - control are one family, of 2 sources: aparc, aseg." in done.err
    assert "(--source ...), or keep them apart: fsstats correct --within source --within measure --within" in done.err


def test_a_value_without_backticks_is_said(here, fsstats):
    for root, words in (
        (here / "cohort.parquet", ["-s", "aparc"]),
        (here / "cohort.parquet", []),
        (here / "fs", []),
    ):
        done = fsstats("regress", root, "-f", "value ~ aseg_Left-Hippocampus_volume", *words)
        assert done.status == 1
        assert "no variable is called 'aseg_Left'; a name with other signs than letters" in done.err
        assert "stands between backticks: `aseg_Left-" in done.err


def test_tables_of_other_programs_are_corrected_and_what_they_lack_is_said(here, fsstats):
    pd.DataFrame({"measure": "area", "term": "age", "p": [0.01, 0.04]}).to_csv("theirs.csv", index=False)
    done = fsstats("correct", "theirs.csv", "--method", "holm", "--p-column", "p")
    assert done.status == 0, done.err
    assert [line.split("\t")[3] for line in done.out.splitlines()] == ["p_adjusted", "0.02", "0.04"]
    lacking = fsstats("correct", "theirs.csv")
    assert lacking.status == 1
    assert (
        "theirs.csv: expected a results table, as fsstats regress writes it; it lacks the column(s) 'p_value'"
        in lacking.err
    )


def test_a_constant_region_can_be_left_out(here, fsstats):
    words = ["harmonise", here / "cohort.parquet", "-s", "aseg", "-m", "volume"]
    table = library.read_table(here / "cohort.parquet", source="aseg", measure="volume")
    table = table[~table["region"].str.contains("hypointensities")]
    flat = (table["site"] == "A") & (table["region"] == "Left-Amygdala")
    library.write_table(table.assign(value=table["value"].where(~flat, 1500.0)), "flat.parquet")
    words[1] = "flat.parquet"
    refused = fsstats(*words)
    assert refused.status == 1
    assert "no variation at site A" in refused.err
    assert "Leave the region out (--without REGION) or the site, or use --mean-only" in refused.err
    done = fsstats(*words, "--without", "Left-Amygdala", "-o", "out.csv")
    assert done.status == 0, done.err
    assert "Left-Amygdala" not in set(library.read_table("out.csv")["region"])


FIRST = "no columns of the participants, which are given with -p FILE; "
WITHOUT_PEOPLE = {
    "compare": (("-b", "group"), f"no variable is called 'group'; the table has {FIRST}there are: eTIV, "),
    "regress": (("-f", "~ age"), f"no variable is called 'age'; the table has {FIRST}there are: eTIV, "),
    "report": (("-f", "~ age"), f"no variable is called 'age'; the table has {FIRST}there are: eTIV\n"),
    "check": (("-c", "age"), f"no variable is called 'age'; the table has {FIRST}there are: eTIV, "),
    "mixed": (("-f", "~ eTIV", "-g", "family"), f"column of the people is called 'family'; the table has {FIRST}"),
    "harmonise": (("--site", "hub"), "(the participants' columns are given with -p FILE)\n"),
}


@pytest.mark.parametrize(("command", "words", "said"), [(name, *case) for name, case in WITHOUT_PEOPLE.items()])
def test_that_no_participants_were_given_is_said_first(here, fsstats, command, words, said):
    done = fsstats(command, here / "plain.parquet", *words)
    assert (done.status, said in done.err) == (1, True), done.err
    assert len(done.err) < 600


OTHER_REASONS = {
    "of another case": (("-f", "~ etiv"), "no variable is called 'etiv'; did you mean eTIV?\n"),
    "nearly one of the people": (("-p", "people.tsv", "-f", "~ agee"), "'agee'; did you mean age?\n"),
    "none of the people": (("-p", "people.tsv", "-f", "~ diagnosis"), "'diagnosis'; there are: age, sex, group, site, eTIV, "),
}  # fmt: skip


@pytest.mark.parametrize(("words", "said"), OTHER_REASONS.values(), ids=OTHER_REASONS)
def test_a_variable_that_is_not_known_for_another_reason_is_told_the_nearest(here, fsstats, words, said):
    done = fsstats("regress", here / "plain.parquet", *[here / one if one == "people.tsv" else one for one in words])
    assert (done.status, said in done.err, "-p FILE" in done.err) == (1, True, False), done.err


def test_what_an_error_advises_is_said_as_an_option(here, fsstats):
    table = library.read_table(here / "cohort.parquet", source="aseg", measure="volume")
    twice = pd.concat([table.assign(session="1"), table.assign(session="2")])
    library.write_table(twice, "twice.csv")
    done = fsstats("regress", "twice.csv", "-f", "~ age")
    assert "Use fsstats mixed, or fsstats regress --cluster subject; or allow it: --allow repeated\n" in done.err
    library.write_table(pd.concat([table, table.assign(stream="long")]), "streams.csv")
    done = fsstats("regress", "streams.csv", "-f", "~ age")
    assert "Take one: --stream long; or allow it: --allow streams\n" in done.err
    assert "participants" not in done.err


@pytest.fixture
def coded(here):
    """Participants whose groups are numbers, and with a name that is no word."""
    people = pd.read_csv(here / "people.tsv", sep="\t")
    people["dx"] = (people["group"] == "patient").astype(int)
    people["three"] = np.arange(len(people)) % 3
    people["main hand"] = np.where(np.arange(len(people)) % 5, "right", "left")
    people.to_csv("coded.tsv", sep="\t", index=False)
    return here / "plain.parquet"


def test_groups_that_are_two_numbers_are_compared_and_it_is_said(coded, fsstats):
    words = ["compare", coded, "-p", "coded.tsv", "-s", "aseg", "-m", "volume", "-c", "main hand"]
    done = fsstats(*words, "-b", "dx", "-o", "dx.csv")
    assert done.status == 0, done.err
    said = "warning: dx: the numbers 0 and 1 are taken for groups, and 0 for the reference; to say so: --reference 0\n"
    assert said in done.err
    assert "taken for groups" not in fsstats(*words, "-b", "dx", "--reference", "0", "-o", "said.csv").err
    assert fsstats(*words, "-b", "group", "-o", "group.csv").status == 0
    dx, said, group = (library.read_table(f"{name}.csv") for name in ("dx", "said", "group"))
    assert dx["term"].eq("1 - 0").all()
    pd.testing.assert_frame_equal(dx, said)
    assert np.allclose(dx["p_value"], group["p_value"], equal_nan=True)


def test_more_numbers_are_groups_if_one_of_them_is_named(coded, fsstats):
    words = ["compare", coded, "-p", "coded.tsv", "-s", "aseg", "-m", "volume", "-b", "three"]
    done = fsstats(*words)
    assert (done.status, done.out) == (1, "")
    assert done.err == (
        "fsstats: three: expected groups, found the numbers 0, 1, 2. For a covariate use fsstats regress; "
        "if they stand for groups, name the one of reference: --reference 0\n"
    )
    assert fsstats(*words, "--reference", "0").out.count("2 - 1") == 45


@pytest.mark.parametrize(
    ("root", "choice"),
    [
        ("plain.parquet", ["-s", "aparc", "-m", "thickness"]),
        ("plain.parquet", ["-m", "thickness"]),
        ("plain.parquet", ["-s", "aparc"]),
        ("fs", ["-s", "aparc", "-m", "thickness"]),
    ],
)
def test_any_value_of_the_cohort_is_a_covariate_by_its_wide_name(root, choice, here, fsstats):
    name = "aseg_Left-Hippocampus_volume"
    words = ["-p", here / "people.tsv", "-b", "group", *choice, "-o", "out.csv"]
    done = fsstats("compare", here / root, *words, "-c", name)
    assert done.status == 0, done.err
    found = library.read_table("out.csv")
    assert set(found["source"]) == {"aparc"}
    ours = library.compare(_cohort(here)[0], "group", covariates=[f"`{name}`"])
    ours = ours[(ours["source"] == "aparc") & (ours["measure"].eq("thickness") | ("-m" not in choice))]
    assert len(ours) == len(found)
    assert np.allclose(found["estimate"].sort_values(), ours["estimate"].sort_values(), equal_nan=True)


def test_a_formula_can_name_any_value_of_the_cohort(here, fsstats):
    words = ["-f", "value ~ group + `aseg_Left-Hippocampus_volume`", "-t", "group", "-s", "aparc", "-m", "thickness"]
    done = fsstats("regress", here / "cohort.parquet", *words)
    assert done.status == 0, done.err
    assert done.out.count("group[T.patient]") == 68


def test_a_region_is_permuted_with_another_as_covariate(here, fsstats):
    words = ["-f", "value ~ group + `aseg_Right-Hippocampus_volume`", "-t", "group", "--seed", "1", "-n", "99"]
    words += ["-s", "aseg", "-m", "volume", "-r", "Left-Hippocampus", "--within", "source", "--tail", "less"]
    done = fsstats("permute", here / "cohort.parquet", *words, "-o", "out.csv")
    assert done.status == 0, done.err
    assert library.read_table("out.csv")["region"].tolist() == ["Left-Hippocampus"]


def test_a_value_that_is_kept_is_not_harmonised(here, fsstats):
    words = ["-s", "aparc", "-m", "thickness", "--keep", "age + `aseg_Left-Hippocampus_volume`", "--within", "source"]
    done = fsstats("harmonise", here / "cohort.parquet", *words, "--save-model", "m.json", "-o", "one.csv")
    assert done.status == 0, done.err
    again = fsstats("harmonise", here / "cohort.parquet", *words[:4], "--model", "m.json", "-o", "two.csv")
    assert again.status == 0, again.err
    one, two = library.read_table("one.csv"), library.read_table("two.csv")
    assert set(one["source"]) == {"aparc"}
    pd.testing.assert_frame_equal(one, two)


MISSPELT = {
    "a wide name": ("`aseg_Left-Hipocampus_volume`", "did you mean aseg_Left-Hippocampus_volume or"),
    "of no source": ("`asegs_Left-Hippocampus_volume`", "no variable is called 'asegs_Left-Hippocampus_volume'"),
    "a column": ("main_hand", "no variable is called 'main_hand'; did you mean main hand?"),
}


@pytest.mark.parametrize(("name", "message"), MISSPELT.values(), ids=MISSPELT)
def test_a_variable_that_nobody_has_is_named(name, message, coded, fsstats):
    words = ["-p", "coded.tsv", "-s", "aparc", "-m", "thickness", "-f", f"value ~ age + {name}"]
    done = fsstats("regress", coded, *words)
    assert done.status == 1
    assert message in done.err


def test_tables_that_are_no_results_are_not_pooled(here, fsstats):
    (pathlib.Path("one.csv")).write_text("region,measure,term\n", encoding="utf-8")
    done = fsstats("meta", "one.csv", here / "people.tsv")
    assert done.status == 1
    assert "it lacks the column(s) 'region', 'measure', 'term'" in done.err
