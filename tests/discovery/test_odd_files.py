"""What stands where a stats file is expected: folders, links to nothing, names that are no text, closed doors."""

import json
import os
import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from fsstats import NothingFoundError, find_stats, load_cohort, problems
from fsstats.discovery.footprint import Notes
from fsstats.tables import describe

text_less = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has file names that are no text")
ODD = os.fsdecode(b"x\xff")


def state_of(files, name):
    """Give status and problem of the file of that name."""
    row = files[files["path"].str.endswith(f"/{name}")].iloc[0]
    return row["status"], row["problem"]


def folder(path):
    path.mkdir()


def dangling(path):
    path.symlink_to("gone.stats")


def circle(path):
    path.symlink_to(path.name)


def pipe(path):
    os.mkfifo(path)


INSTEAD = {
    "a folder": (folder, "expected a file, found a folder of that name"),
    "a link to nothing": (dangling, "No such file or directory (a link to 'gone.stats')"),
    "a link to itself": (circle, "a link to 'lh.other.stats'"),
    "a pipe": (pipe, "expected a file, found a device, pipe or socket"),
}


@pytest.mark.parametrize(("put", "words"), INSTEAD.values(), ids=INSTEAD)
def test_what_is_no_file_is_unreadable_and_says_why(tree, put, words):
    put(tree.subject("a") / "stats" / "lh.other.stats")
    status, problem = state_of(find_stats(tree.root), "lh.other.stats")
    assert status == "unreadable"
    assert words in problem


@pytest.mark.parametrize(("put", "words"), [INSTEAD[name] for name in ("a folder", "a link to nothing")])
def test_the_reason_is_the_same_after_reading(tree, put, words):
    put(tree.subject("a") / "stats" / "lh.other.stats")
    assert state_of(load_cohort(tree.root).files, "lh.other.stats") == ("unreadable", words)


def test_hidden_files_and_other_files_are_no_stats(tree):
    stats = tree.subject("a", "aseg.stats") / "stats"
    for name in (
        ".aseg.stats",
        "._aseg.stats",
        ".stats",
        "aseg.stats~",
        "aseg.stats.bak",
        "aseg.ctab",
        "ASEG.STATS.txt",
    ):
        (stats / name).write_text("x")
    assert [Path(path).name for path in find_stats(tree.root)["path"]] == ["aseg.stats"]


def test_a_file_in_place_of_the_stats_folder_is_said(tree):
    for name in "abc":
        tree.subject(name, "aseg.stats")
    (tree.root / "d" / "mri").mkdir(parents=True)
    (tree.root / "d" / "surf").mkdir()
    (tree.root / "d" / "stats").write_text("x")
    files = find_stats(tree.root)
    own = files[files["subject"] == "d"]
    assert len(own) > 0
    assert set(own["status"]) <= {"missing", "unreadable"}


@text_less
def test_rows_are_in_the_order_of_the_names_as_they_are_shown_and_those_of_nobody_last(tree):
    tree.subject("a\r", "b.stats")
    tree.subject("a", "lh.\r.stats", "lh.b.stats", "rh.b.stats", "aseg.stats", "[.stats")
    tree.subject("a-b", "lh.b.stats", "aseg.stats")
    (tree.root / "junk").mkdir()
    files = find_stats(tree.root)
    *rows, left_out = [tuple(row) for row in files[["subject", "source", "hemi"]].fillna("").to_numpy()]
    assert ("a", "\\x0d", "lh") in rows
    assert rows == sorted(rows)
    assert left_out == ("", "", "")


def test_a_file_that_grows_while_it_is_read_is_read_to_its_end(tmp_path, monkeypatch):
    content = b"0123456789" * 20_000
    (tmp_path / "grown").write_bytes(content)
    (tmp_path / "empty").write_bytes(b"")
    before = (tmp_path / "empty").stat()
    monkeypatch.setattr(os, "fstat", lambda _: before)
    notes = Notes()
    assert notes.read(str(tmp_path / "grown")) == content
    assert notes.read(str(tmp_path / "grown"), 7) == content[:7]
    assert notes.read(str(tmp_path / "empty")) == b""


@text_less
def test_a_file_name_that_is_no_text_is_shown_and_not_read(tree):
    stats = tree.subject("a", "aseg.stats") / "stats"
    (stats / os.fsdecode(b"lh.\xff.stats")).write_text("x")
    for files in (find_stats(tree.root), load_cohort(tree.root).files):
        status, problem = state_of(files, r"lh.\udcff.stats")
        assert status == "unreadable"
        assert "not UTF-8" in problem


TEXTLESS = {
    "a subject": ODD,
    "a session": f"sub-01_ses-{ODD}",
    "a nested session": f"sub-01/ses-{ODD}",
    "a folder above": f"{ODD}/d",
    "a time point": f"{ODD}.long.base",
    "a template": f"fsaverage{ODD}",
}


@text_less
@pytest.mark.parametrize("name", TEXTLESS.values(), ids=TEXTLESS)
def test_a_folder_name_that_is_no_text_costs_only_its_subject(tree, name):
    for whole in ("a", "b", "c"):
        tree.subject(whole, "aseg.stats", "wmparc.stats")
    tree.subject(name, "aseg.stats")
    cohort = load_cohort(tree.root)
    assert set(cohort.files.loc[cohort.files["subject"].isin(["a", "b", "c"]), "status"]) == {"ok"}
    describe(problems(cohort.files)).encode()


@text_less
def test_a_link_to_a_name_that_is_no_text_is_shown(tree):
    (tree.subject("a") / "stats" / "lh.other.stats").symlink_to(ODD)
    assert state_of(find_stats(tree.root), "lh.other.stats")[0] == "unreadable"


@text_less
def test_a_root_whose_name_is_no_text_can_be_named_in_an_error(tree):
    (tree.root / ODD).mkdir()
    with pytest.raises(NothingFoundError, match="no processed subject in"):
        find_stats(tree.root / ODD)


def refuse(monkeypatch, place):
    """Let the system refuse to look into a folder, as it does for folders of other users (root may look anywhere)."""

    def closed(function):
        def ask(path=".", *args, **kwargs):
            inside = isinstance(path, str | os.PathLike) and os.fspath(path).startswith(f"{place}{os.sep}")
            if inside or (
                function is not os_stat and isinstance(path, str | os.PathLike) and os.fspath(path) == str(place)
            ):
                raise PermissionError(13, "Permission denied", os.fspath(path))
            return function(path, *args, **kwargs)

        return ask

    os_stat = os.stat
    for name in ("stat", "scandir", "listdir", "open"):
        monkeypatch.setattr(os, name, closed(getattr(os, name)))


CLOSED = {"a subject": "b", "its stats folder": "b/stats"}


@pytest.mark.parametrize("place", CLOSED.values(), ids=CLOSED)
def test_a_folder_that_may_not_be_read_is_said_and_costs_only_its_subject(tree, monkeypatch, place):
    for name in "abcd":
        tree.subject(name, "aseg.stats", done="x")
    (tree.root / "b" / "mri").mkdir()
    refuse(monkeypatch, tree.root / place)
    files = find_stats(tree.root)
    assert sorted(files.loc[files["status"] == "found", "subject"]) == ["a", "c", "d"]
    about = files[files["path"].str.contains(f"/{place}")]
    assert "Permission denied" in " ".join(about["problem"].dropna())


def test_scripts_that_may_not_be_read_cost_only_the_state(tree, monkeypatch):
    tree.subject("a", "aseg.stats", done="x")
    refuse(monkeypatch, tree.root / "a" / "scripts")
    files = find_stats(tree.root)
    assert files["status"].tolist() == ["found"]
    assert files["state"].isna().all()


def test_a_root_that_may_not_be_read_says_so(tree, monkeypatch):
    tree.subject("a")
    refuse(monkeypatch, tree.root)
    with pytest.raises((NothingFoundError, PermissionError), match="Permission denied"):
        find_stats(tree.root)


AS_SOMEBODY = """
import json, os, sys
from fsstats import find_stats
warm_up, *roots = sys.argv[1:]
find_stats(warm_up)  # all modules are imported: they may lie where nobody else may look
if os.geteuid() == 0:
    os.setresuid(65534, 65534, 65534)
columns = ["subject", "path", "status", "problem"]
print(json.dumps({root: json.loads(find_stats(root)[columns].to_json(orient="records")) for root in roots}))
"""


OPEN = {"nothing": 0, "names only": 4, "what one knows the name of": 1}


CLOSED = ("b", "b/stats", "b/scripts")


@pytest.fixture(scope="module")
def seen_by_somebody(tree_in, tmp_path_factory):
    """What somebody else, in one process, sees of a study with one folder closed: by mode and folder."""
    whole = tree_in(tmp_path_factory.mktemp("whole") / "study")
    for name in "abc":
        whole.subject(name, "aseg.stats", done="x")
    with TemporaryDirectory() as folder:  # where anybody may look
        Path(folder).chmod(0o755)
        roots = {case: f"{folder}/study{n}" for n, case in enumerate(product(OPEN.values(), CLOSED))}
        for (mode, closed), root in roots.items():
            (shutil.copytree(whole.root, Path(root)) / closed).chmod(mode * 0o111)
        command = [sys.executable, "-c", AS_SOMEBODY, str(whole.root), *roots.values()]
        seen = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
        for (_, closed), root in roots.items():
            Path(root, closed).chmod(0o755)
    return {case: seen[root] for case, root in roots.items()}


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has no such modes")
@pytest.mark.parametrize("mode", OPEN.values(), ids=OPEN)
@pytest.mark.parametrize("closed", CLOSED)
def test_a_folder_of_somebody_else_costs_no_other_subject(seen_by_somebody, mode, closed):
    rows = seen_by_somebody[mode, closed]
    found = {row["subject"] for row in rows if row["status"] == "found"}
    said = [row["problem"] for row in rows if f"/{closed}" in row["path"] and row["status"] == "unreadable"]
    assert found - {"b"} == {"a", "c"}
    assert "b" in found or "Permission denied" in said
