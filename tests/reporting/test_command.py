"""``fsstats report``: the library's page, with the command that made it."""

import sys
from pathlib import Path

import pytest

import fsstats as library
from fsstats_cli.main import main


@pytest.fixture
def fsstats(monkeypatch, capfd):
    """Give a function that runs ``fsstats WORDS`` in this process."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["fsstats", *map(str, words)])
        capfd.readouterr()
        with pytest.raises(SystemExit, match=r"^\d$") as ended:
            main()
        return ended.value.code or 0, capfd.readouterr().err

    return run


@pytest.fixture
def here(cohort, tmp_path, monkeypatch):
    """Work in a folder with a merged table and the participants."""
    monkeypatch.chdir(tmp_path)
    library.write_table(cohort.table, "cohort.parquet")
    cohort.people.to_csv("people.tsv", sep="\t", index=False, na_rep="n/a")


MODEL = ("-f", "value ~ group + age")


def test_it_writes_the_page_and_says_where(fsstats, here):
    words = ("-p", "people.tsv", *MODEL, "-m", "thickness", "-o", "page.html", "--alpha", "0.01", "--date", "in July")
    assert fsstats("report", "cohort.parquet", *words) == (0, "report -> page.html\n")
    text = Path("page.html").read_text(encoding="utf-8")
    assert "fsstats report cohort.parquet -p people.tsv -f &#39;value ~ group + age&#39; -m thickness" in text
    assert "in July" in text
    assert "people = fs.read_table(&#39;people.tsv&#39;)" in text
    assert "alpha=0.01" in text


REFUSED = {
    "an input as output": (("-o", "people.html", "-p", "people.html"), 1, "would be overwritten"),
    "no page": (("-o", "page.pdf"), 1, "ends in .html"),
    "no folder": (("-o", "none/page.html"), 1, "no such folder"),
    "no such measure": (("-p", "people.tsv", "-m", "thicknes"), 1, "did you mean thickness"),
    "no participants": ((), 1, "the participants' columns are given with -p FILE"),
    "no such way": (("-p", "people.tsv", "--head-size", "ratio"), 1, "did you mean proportion"),
    "no such correction": (("-p", "people.tsv", "--correct", "fdr"), 1, "fdr_bh"),
    "no formula": (("-f",), 2, "requires an argument"),
}


@pytest.mark.parametrize(("words", "status", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_said_before_the_work(words, status, said, fsstats, here):
    Path("people.html").write_text("participant_id\n")
    code, err = fsstats("report", "cohort.parquet", *MODEL, *words)
    assert (code, said in err) == (status, True), err
    assert not Path("report.html").exists()


@pytest.mark.parametrize(("subjects", "is_reported"), [(10, True), (2, False)])
def test_the_demo_ends_with_a_report_where_there_are_subjects_enough(
    subjects, is_reported, monkeypatch, tmp_path, capfd
):
    asked = []

    def report(table, formula, **options):
        asked.append((table["subject"].nunique(), formula, options["command"]))
        return library.Report("stands for it")

    monkeypatch.setattr(library, "report", report)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["fsstats", "demo", "d", "--subjects", str(subjects)])
    with pytest.raises(SystemExit, match=r"^0$"):
        main()
    out = capfd.readouterr().out
    assert Path("d/report.html").exists() == is_reported == ("d/report.html" in out)
    command = "fsstats report d/cohort.parquet -f 'value ~ group + age + sex' -o d/report.html"
    assert asked == ([(10, "value ~ group + age + sex", command)] if is_reported else [])
