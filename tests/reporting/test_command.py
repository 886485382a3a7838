"""``fsstats report``: the library's page, with the command that made it."""

import html as markup
import inspect
import re
import shlex
import sys
from pathlib import Path

import pytest

import fsstats as library
from fsstats.datasets import make_cohort
from fsstats.reporting.repeating import python_of
from fsstats_cli.commands.report import report
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
    return cohort


MODEL = ("-f", "value ~ group + age")
EVERYTHING = (
    *("-p", "people.tsv", "--term", "group", "--source", "aseg", "--measure", "volume", "--head-size", "residual"),
    *("--site", "site", "--correct", "holm", "--std-errors", "HC3", "--reference", "group=patient"),
    *("--allow", "versions", "--confidence", "0.9", "--alpha", "0.01", "--title", 'It\'s "mine" & more'),
    *("--date", "in July", "--stream", "cross", "--subjects", "who.txt"),
)
COMMANDS = {
    "everything": EVERYTHING,
    "clusters": ("-p", "people.tsv", "--measure", "thickness", "--cluster", "site"),
    "mixed models": ("-p", "people.tsv", "--measure", "thickness", "--random", "site"),
}


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_the_lines_on_the_page_make_the_same_page_again(words, fsstats, here, undrawn):
    few = ["global", "insula", "Left-Hippocampus", "Right-Hippocampus"]
    library.write_table(here.table[here.table["region"].isin(few)], "cohort.parquet")
    Path("who.txt").write_text("\n".join(here.people["participant_id"][3:]), encoding="utf-8")
    assert fsstats("report", "cohort.parquet", *MODEL, *words, "-o", "page.html")[0] == 0
    text = Path("page.html").read_text(encoding="utf-8")
    command, python = (markup.unescape(one) for one in re.findall(r"<pre[^>]*><code>(.*?)</code>", text, re.DOTALL))
    Path("page.html").unlink()
    assert fsstats(*shlex.split(command)[1:])[0] == 0
    assert Path("page.html").read_text(encoding="utf-8") == text
    Path("page.html").unlink()
    exec(compile(python, "report", "exec"), {})  # noqa: S102 - our own lines
    assert Path("page.html").read_text(encoding="utf-8") == text


def test_the_lines_are_tried_with_every_option():
    tried = {word for words in COMMANDS.values() for word in words if word.startswith("--")}
    own = {f"--{name.replace('_', '-')}" for name in inspect.signature(report).parameters}
    assert own - tried == {"--roots", "--formula", "--output", "--participants"}


def test_a_study_is_read_as_it_was_read():
    given = {"inputs": ["one", Path("other"), "people.tsv"], "output": Path("a.html")}
    given["reading"] = {"subjects": None, "sources": ["aseg"], "stream": "long"}
    lines = python_of("value ~ age", given, {"inputs": (), "output": "", "reading": None}, has_people=True)
    assert "cohort = fs.load_cohort(['one', 'other'], sources=['aseg'])" in lines
    assert "cohort.table[cohort.table[\"stream\"] == 'long']" in lines
    assert "people = fs.read_table('people.tsv')" in lines
    assert lines.endswith("page.save('a.html')")


def test_a_study_of_one_source_is_read_with_the_size_of_the_head(fsstats, tmp_path, monkeypatch):
    made = make_cohort(tmp_path / "subjects", n_subjects=2, seed=1)
    given = {}
    monkeypatch.setattr(
        library, "report", lambda table, *_, **more: given.update(more, table=table) or library.Report("x")
    )
    assert fsstats("report", str(made.root), *MODEL, "-s", "wmparc", "-o", str(tmp_path / "a.html"))[0] == 0
    heads = given["table"].query("measure == 'eTIV'")["source"].unique()
    assert "aseg" in heads
    assert (given["sources"], given["reading"]) == (["wmparc"], {"sources": ["wmparc", "aseg"]})
    assert fsstats("report", str(made.root), *MODEL, "-o", str(tmp_path / "a.html"))[0] == 0
    assert given["reading"] is None


def test_it_says_where_the_page_is(fsstats, here, monkeypatch):
    monkeypatch.setattr(library, "report", lambda *_, **__: library.Report("stands for it"))
    words = ("-p", "people.tsv", *MODEL, "-o", "page.html")
    assert fsstats("report", "cohort.parquet", *words) == (0, "report -> page.html\n")


REFUSED = {
    "an input as output": (("-o", "people.html", "-p", "people.html"), 1, "would be overwritten"),
    "no page": (("-o", "page.pdf"), 1, "ends in .html"),
    "no folder": (("-o", "none/page.html"), 1, "no such folder"),
    "no such measure": (("-p", "people.tsv", "-m", "thicknes"), 1, "did you mean thickness"),
    "no participants": ((), 1, "no columns of the participants, which are given with -p FILE; there are: eTIV"),
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
    command = (
        "fsstats report d/cohort.parquet -f 'value ~ group + age + sex' --title 'A made-up cohort' -o d/report.html"
    )
    assert asked == ([(10, "value ~ group + age + sex", command)] if is_reported else [])
