"""What a newcomer gets wrong on the command line: each is answered with where, what was due, what stood there, and a way on."""

import pytest

PEOPLE = "participant_id\tage\tgroup\nsub-01\t30\ta\nsub-02\t40\tb\nsub-03\t50\ta\n"
FILES = {
    "people.tsv": PEOPLE,
    "semicolons.csv": PEOPLE.replace("\t", ";"),
    "german.csv": PEOPLE.replace("\t", ";").replace("0;", "0,5;"),
    "commas.tsv": PEOPLE.replace("\t", ","),
    "short.tsv": PEOPLE.replace("sub-0", ""),
    "other.tsv": PEOPLE.replace("participant_id", "ID"),
    "theirs.csv": "lh.aparc.thickness,lh_insula_thickness\nbert,3.0\n",
    "names.txt": "sub-01\nsub-02\n",
}
GROUPS = ("compare", "sd", "-b", "group", "-p")
A_TABLE = (
    "people.tsv: expected a folder of subjects, a stats file or a table of many subjects, found a table of another kind"
)
"""What a table of participants is told in place of a study."""
MISTAKES = {
    "a study that is not there": (("find", "sdd"), 2, "no such file or folder: {here}/sdd; did you mean sd?"),
    "a study in a home that is not there": (("find", "~/nothing"), 2, "no such file or folder: {here}/own/nothing; its folder is empty"),
    "an empty folder": (("check", "empty"), 1, "expected folders that hold stats/*.stats, {any}, found nothing"),
    "a folder of images": (("merge", "images", "-o", "o.csv"), 1, "files of a known name, found a.dcm, b.dcm"),
    "the participants for the study": (("check", "people.tsv"), 1, f"{A_TABLE}. A table of participants is given with -p"),
    "a merged table to be merged": (("merge", "cohort.csv", "-o", "o.csv"), 1, "one that fsstats merge wrote is for check, report and statistics"),
    "a sheet for the study": (("find", "people.xlsx"), 1, "people.xlsx: expected a folder of subjects"),
    "the formula for the study": (("regress", "-f", "sd", "value ~ age"), 2, "value ~ age: expected a folder of subjects or a merged table, found a formula, which is given with -f."),
    "no participants": (("compare", "sd", "-b", "group"), 1, "no columns of the participants, which are given with -p FILE; "),
    "no participants for a design": (("design", "sd", "-v", "age", "-o", "o.fsgd"), 1, "no columns of the participants, which are given with -p FILE; "),
    "participants that are not there": ((*GROUPS, "peoples.tsv"), 2, "no such file: {here}/peoples.tsv; did you mean people.tsv?"),
    "the study for the participants": ((*GROUPS, "sd"), 2, "sd: expected a file, found a folder."),
    "a sheet of participants": ((*GROUPS, "people.xlsx"), 1, "people.xlsx: expected a name that ends in .parquet, .csv, .tsv, which decides the format, found .xlsx. Save the sheet as .csv or .tsv"),
    "semicolons": ((*GROUPS, "semicolons.csv"), 1, "Is it separated by ';'?"),
    "commas": ((*GROUPS, "commas.tsv"), 1, "Is it separated by ','?"),
    "semicolons and decimal commas": ((*GROUPS, "german.csv"), 1, "german.csv: expected columns parted by ',', found ';' in 'participant_id;age;group'. Save it again with ',' between the columns, and with points in numbers (50.5, not 50,5)"),
    "text of a spreadsheet program": ((*GROUPS, "utf16.tsv"), 1, "utf16.tsv: expected text in UTF-8, found UTF-16. Save it again as CSV UTF-8"),
    "names without sub-": ((*GROUPS, "short.tsv"), 1, "sub-01, sub-02, sub-03 against 1, 2, 3. Hint: the same names without 'sub-' and zeros"),
    "another name of the first column": ((*GROUPS, "other.tsv"), 1, "Is it 'ID'? Rename that one to participant_id"),
    "a table of another program": ((*GROUPS, "theirs.csv"), 1, "needs the column(s) 'participant_id'; the table has 'lh.aparc.thickness', 'lh_insula_thickness'"),
    "a column that there is not": (("compare", "sd", "-b", "dx", "-p", "people.tsv"), 1, "no variable is called 'dx'; there are: age, group, eTIV"),
    "a file for a source": (("merge", "sd", "-o", "o.csv", "-s", "lh.mine.stats"), 1, "no source is called 'lh.mine.stats'; did you mean mine?"),
    "a file for a source of a table": (("compare", "cohort.csv", "-b", "group", "-s", "lh.mine"), 1, "no source is called 'lh.mine'; did you mean mine?"),
    "a table for a list": (("find", "sd", "--subjects", "people.tsv"), 1, "people.tsv: expected one subject a line, found a table. Make a text file of its column of subjects"),
    "a list that is not there": (("find", "sd", "--subjects", "name.txt"), 2, "no such file: {here}/name.txt; did you mean names.txt?"),
    "no folder for the output": (("merge", "sd", "-o", "none/o.csv"), 1, "no such folder, make it first: none"),
    "an output in the home folder": (("compare", "cohort.csv", "-b", "group", "-o", "~/o.csv"), 1, "no such folder, write the home folder in full: ~"),
    "an output without a format": (("merge", "sd", "-o", "o"), 1, "o: expected a name that ends in .parquet, .csv, .tsv, which decides the format, found none of these"),
    "the study for the output": (("merge", "-o", "sd", "cohort.csv"), 1, "sd is there, with sub-01, sub-02, sub-03 in it; expected a new name, or a folder that fsstats wrote"),
    "results that are not there": (("correct", "result.csv"), 2, "no such file: {here}/result.csv; its folder has "),
    "participants for results": (("correct", "people.tsv"), 1, "people.tsv: expected a results table, as fsstats regress writes it; it lacks the column(s)"),
    "a folder for a stats file": (("show", "sd"), 2, "sd: expected a file, found a folder."),
    "a stats file that is not there": (("show", "sd/sub-01/stats/sg.stats"), 2, "/stats/sg.stats; did you mean seg.stats?"),
    "a model that is not there": (("adjust", "sd", "--model", "heads.json"), 2, "no such file: {here}/heads.json; its folder has cohort.files.json, cohort.json, "),
}  # fmt: skip


@pytest.fixture
def here(study, fsstats, monkeypatch):
    """Give a folder with a study, its merged table, and files that are not what they are taken for."""
    folder = study.parent
    for name, text in FILES.items():
        (folder / name).write_text(text)
    (folder / "utf16.tsv").write_text(PEOPLE, encoding="utf-16")
    (folder / "people.xlsx").write_bytes(b"PK\x03\x04")
    for name in ("empty", "images", "own"):
        (folder / name).mkdir()
    for name in ("a.dcm", "b.dcm"):
        (folder / "images" / name).touch()
    monkeypatch.setenv("HOME", str(folder / "own"))
    assert fsstats("merge", "sd", "-o", "cohort.csv", "-p", "people.tsv").status == 0
    return folder


@pytest.mark.parametrize(("words", "status", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_answered_with_what_was_due_and_a_way_on(here, fsstats, words, status, said):
    before = sorted(here.iterdir())
    done = fsstats(*words)
    err = " ".join(done.err.replace("│", " ").split())  # the frame around errors of usage breaks lines
    parts = said.replace("{here}", str(here)).split("{any}")
    assert (done.status, [part for part in parts if part.strip() not in err]) == (status, []), err
    assert sorted(here.iterdir()) == before


def test_the_home_folder_may_be_written_with_its_sign(here, fsstats, monkeypatch):
    monkeypatch.setenv("HOME", str(here))
    done = fsstats("compare", "~/sd", "-b", "group", "-p", "~/people.tsv", "-o", "o.csv")
    assert done.status == 0, done.err
    assert (here / "o.csv").exists()
