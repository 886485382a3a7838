"""A merge that is stopped goes on, one that is repeated reads what has changed, and no half of a table is ever seen."""

import os
import random
import shutil
import socket
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pandas as pd
import pytest

import fsstats as fs
from frames_support import assert_frame_equal
from fsstats.io import _locks, _study, _target
from merge_support import (
    AT_ONCE,
    N_FILES,
    NAMES,
    OUTS,
    count_opened,
    ended,
    in_child,
    merge_and_die,
    merge_and_note,
    merge_and_wait,
    merge_where_nothing_can_be_written,
    merge_where_the_disk_is_full,
    old,
    outs,
    write_study,
    write_subject,
)

ALL = N_FILES * len(NAMES)
pytestmark = [pytest.mark.long, pytest.mark.usefixtures("small_batches")]
REMEMBERED = {name: out for name, out in OUTS.items() if name != "CSV"}
remembered_outs = pytest.mark.parametrize("out", REMEMBERED.values(), ids=REMEMBERED)


@pytest.fixture
def study(tmp_path):
    return write_study(tmp_path / "study")


@pytest.fixture
def at(tmp_path):
    """Give a function that names a place in a folder of its own."""
    (tmp_path / "out").mkdir()
    return lambda out: f"{tmp_path}/out/{out}"


@pytest.fixture
def fresh(tmp_path):
    """Give a function that merges into a place where nothing is, and gives table and files table."""

    def merged(source, out, **options):
        shutil.rmtree(tmp_path / "fresh", ignore_errors=True)
        (tmp_path / "fresh").mkdir()
        found = fs.merge(source, f"{tmp_path}/fresh/{out}", **options)
        return found.table, fs.read_table(found.files_path)

    return merged


@pytest.fixture
def opened(monkeypatch):
    return count_opened(monkeypatch)


def assert_same(merged, expected):
    table, files = expected
    assert_frame_equal(merged.table, table)
    assert_frame_equal(merged.files, files)
    assert_frame_equal(fs.read_table(merged.files_path), files)
    assert merged.n_rows == len(table)


def listed(folder):
    return sorted(path.name for path in Path(folder).iterdir())


def outputs_of(out):
    """Give the names of what a finished merge leaves."""
    own = [f".{out.rstrip('/')}.ledgers"] if not out.endswith(".csv") else []
    suffix = Path(out).suffix
    return sorted([*own, out.rstrip("/"), f"out.files{suffix or '.parquet'}", "out.files.json", "out.json"])


# --- killed ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=OUTS.values(), ids=OUTS)
def stopped(request, tmp_path_factory):
    """Give an older table, a study of which every file is new since, and how many moments the next merge has."""
    base = tmp_path_factory.mktemp("stopped")
    root, before = base / "study", base / "before"
    before.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_study, "AT_ONCE", AT_ONCE)
        fs.merge(write_study(root), f"{before}/{request.param}")
        first = fs.read_table(f"{before}/{request.param}")
        for n, name in enumerate(NAMES, start=50):
            write_subject(root, name, n)
        old(root, seconds=1800)
        (base / "new").mkdir()
        new = fs.merge(root, f"{base}/new/{request.param}")
        expected = new.table, fs.read_table(new.files_path)
    tried = shutil.copytree(before, base / "tried")
    assert ended(in_child(merge_and_note, root, f"{tried}/{request.param}", base / "notes")) == 0
    return root, before, request.param, first, expected, int((base / "notes").read_text())


def unfinished(folder, out, root):
    """Give the files of the batches that are not kept, unless the table is finished."""
    partial = folder / f".{out.rstrip('/')}.partial"
    done = {int(path.stem) for path in partial.glob("*.ledger")}
    names = [name for n, name in enumerate(NAMES) if n // AT_ONCE not in done]
    return {str(path) for name in names for path in (root / name / "stats").iterdir()}


@pytest.mark.parametrize("seed", range(12))
def test_a_merge_that_is_killed_leaves_the_old_or_the_new_and_goes_on(stopped, tmp_path, opened, seed):
    root, before, out, first, expected, n_moments = stopped
    folder = shutil.copytree(before, tmp_path / "out")
    moment = random.Random(seed).randint(1, n_moments)  # noqa: S311 - any moment will do
    assert ended(in_child(merge_and_die, root, f"{folder}/{out}", moment)) < 0
    is_new = _whole_and_old_or_new(folder, out, first, expected[0])
    left = set() if is_new and not out.endswith(".csv") else unfinished(folder, out, root)
    merged = fs.merge(root, f"{folder}/{out}")
    assert_same(merged, expected)
    assert listed(folder) == outputs_of(out)
    assert set(opened) == left
    assert len(opened) == len(left)


def _whole_and_old_or_new(folder, out, first, new):
    """Require that the table is the one before or the one after; say whether it is the one after."""
    found = fs.read_table(f"{folder}/{out}")
    is_new = found.equals(new)
    assert is_new or found.equals(first)
    return is_new


@pytest.mark.parametrize("moment", range(2, 12))
def test_a_stop_while_a_part_is_replaced_mixes_no_values(study, at, fresh, moment):
    """A merge is stopped, a subject comes in front so that the batches shift, and the next one is stopped as well."""
    out = at("out.parquet")
    assert ended(in_child(merge_and_die, study, out, 9, ("os.rename",))) < 0
    assert len([*Path(out).parent.glob(".out.parquet.partial/*.ledger")]) == (9 - 2) // 2
    write_subject(study, "r9", 9)
    old(study)
    assert ended(in_child(merge_and_die, study, out, moment, ("os.rename",))) < 0
    assert_same(fs.merge(study, out), fresh(study, "out.parquet"))


@pytest.mark.parametrize("name", ["lock", "table", "old"])
def test_what_a_stop_left_of_a_folder_is_mended(study, at, fresh, name):
    """The exchange of the old folder for the new one takes two steps."""
    out = Path(at("out"))
    fs.merge(study, f"{out}/")
    before = fs.read_table(out)
    write_subject(study, "s1", 40)
    (out.parent / ".out.partial").mkdir()
    if name == "old":
        out.rename(out.parent / ".out.partial" / "old")
    elif name == "table":
        shutil.copytree(out, out.parent / ".out.partial" / "table")
    else:
        (out.parent / ".out.lock").touch()
    merged = fs.merge(study, f"{out}/")
    assert_same(merged, fresh(study, "out/"))
    assert not merged.table.equals(before)
    assert listed(out.parent) == outputs_of("out/")


# --- again ----------------------------------------------------------------------------------------------------------


def moments(folder):
    return {path.name: path.stat().st_mtime_ns for path in folder.rglob("*")}


@remembered_outs
@pytest.mark.parametrize("options", [{}, {"measures": ["thickness"], "sources": ["mine"]}], ids=["all", "some"])
def test_where_nothing_has_changed_nothing_is_opened_and_nothing_written(
    study, at, fresh, opened, out, options, tmp_path
):
    expected = fresh(study, out, **options)
    assert_same(fs.merge(study, at(out), **options), expected)
    opened.clear()
    before = moments(tmp_path / "out")
    assert_same(fs.merge(study, at(out), **options), expected)
    assert not opened
    assert moments(tmp_path / "out") == before


@remembered_outs
def test_what_a_measure_lacks_is_said_again_where_nothing_has_changed(study, at, opened, out):
    (study / "s3" / "stats" / "seg.stats").unlink()
    old(study)
    for n_opened in (ALL - 1, 0):
        opened.clear()
        with pytest.warns(fs.FsstatsWarning, match="volume is in 6 of 7 subjects"):
            fs.merge(study, at(out), measures=["volume"])
        assert len(opened) == n_opened


def in_place(study):
    path = study / "s3" / "stats" / "seg.stats"
    path.write_text(path.read_text().replace("0", "9"))


def touched(study):
    (study / "s3" / "stats" / "seg.stats").touch()


def added(study):
    path = study / "s3" / "stats" / "seg.stats"
    path.with_name("other.stats").write_text(path.read_text())


def removed(study):
    (study / "s3" / "stats" / "seg.stats").unlink()


def stamped(study):
    (study / "s3" / "scripts").mkdir()
    (study / "s3" / "scripts" / "build-stamp.txt").write_text("freesurfer-linux-centos7_x86_64-7.4.1-20230614-7eb8460")


def failed(study):
    (study / "s3" / "scripts").mkdir()
    (study / "s3" / "scripts" / "recon-all.error").touch()


STUDY_CHANGES = {
    "nothing": (lambda _: None, 0),
    "a file in content, of the same size": (in_place, 1),
    "a file was touched": (touched, 1),
    "a file more": (added, 1),
    "a file less": (removed, 0),
    "a subject in front, so that batches shift": (lambda study: write_subject(study, "a0", 70), N_FILES),
    "a subject at the end": (lambda study: write_subject(study, "z9", 71), N_FILES),
    "the first subject less": (lambda study: shutil.rmtree(study / "s0"), 0),
    "another version": (stamped, N_FILES),
    "recon-all failed": (failed, 0),
    "a copy of another's file": (
        lambda study: shutil.copyfile(study / "s0" / "stats" / "seg.stats", study / "s6" / "stats" / "seg.stats"),
        1,
    ),
}


@remembered_outs
@pytest.mark.parametrize("change", STUDY_CHANGES.values(), ids=STUDY_CHANGES)
def test_what_has_changed_in_the_study_is_read(study, at, fresh, opened, out, change):
    changed, n_opened = change
    fs.merge(study, at(out))
    changed(study)
    opened.clear()
    again = fs.merge(study, at(out))
    assert len(set(opened)) == n_opened
    assert_same(again, fresh(study, out))
    old(study)
    assert_same(fs.merge(study, at(out)), fresh(study, out))


def test_parts_in_which_nothing_has_changed_are_not_written_again(study, at, fresh):
    folder = Path(at("out"))
    fs.merge(study, at("out/"))
    before = [path.stat().st_ino for path in sorted(folder.iterdir())]
    in_place(study)  # a file of s3
    write_subject(study, "z9", 71)
    old(study, seconds=1800)
    assert_same(fs.merge(study, at("out/")), fresh(study, "out/"))
    now = [path.stat().st_ino for path in sorted(folder.iterdir())]
    assert [one == other for one, other in zip(before, now, strict=True)] == [True, False, True, False]


def test_a_folder_is_replaced_where_two_cannot_be_exchanged(study, at, fresh, monkeypatch, tmp_path):
    fs.merge(study, at("out/"))
    in_place(study)
    old(study, seconds=1800)
    monkeypatch.setattr(_target, "exchange", lambda *_: False)
    assert_same(fs.merge(study, at("out/")), fresh(study, "out/"))
    assert listed(tmp_path / "out") == outputs_of("out/")


def test_a_stop_between_the_two_steps_of_that_is_mended(study, at, fresh, tmp_path):
    fs.merge(study, at("out/"))
    (tmp_path / "out" / ".out.partial").mkdir()
    Path(at("out")).rename(tmp_path / "out" / ".out.partial" / "old")
    assert_same(fs.merge(study, at("out/")), fresh(study, "out/"))
    assert listed(tmp_path / "out") == outputs_of("out/")


def test_parts_are_taken_over_where_no_file_can_have_two_names(study, at, fresh, monkeypatch):
    def refused(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(Path, "hardlink_to", refused)
    fs.merge(study, at("out/"))
    in_place(study)
    old(study, seconds=1800)
    assert_same(fs.merge(study, at("out/")), fresh(study, "out/"))


PEOPLE = pd.DataFrame({"participant_id": NAMES, "age": range(30, 30 + len(NAMES))})
OPTION_CHANGES = {
    "other measures": ({}, {"measures": ["volume"]}, ALL),
    "all measures": ({"measures": ["volume"]}, {}, ALL),
    "some sources": ({}, {"sources": ["seg"]}, 0),
    "more sources": ({"sources": ["seg"]}, {"sources": ["seg", "mine"]}, 2 * len(NAMES)),
    "some subjects": ({}, {"subjects": ["s1", "s5"]}, 0),
    "more subjects": ({"subjects": ["s1", "s5"]}, {}, ALL - 2 * N_FILES),
    "the same in another order": ({"measures": ["volume", "thickness"]}, {"measures": ["thickness", "volume"]}, 0),
}


@remembered_outs
@pytest.mark.parametrize("change", OPTION_CHANGES.values(), ids=OPTION_CHANGES)
def test_what_is_asked_for_in_another_way_is_read(study, at, fresh, opened, out, change):
    first, second, n_opened = change
    fs.merge(study, at(out), **first)
    opened.clear()
    again = fs.merge(study, at(out), **second)
    assert len(opened) == n_opened
    assert_same(again, fresh(study, out, **second))


@pytest.mark.parametrize("options", [{"participants": PEOPLE}, {"wide": True}], ids=["participants", "wide"])
def test_another_sort_of_table_comes_and_goes(study, at, fresh, opened, options):
    out = at("out.parquet")
    fs.merge(study, out)
    assert fs.merge(study, out, **options).table.equals(fresh(study, "out.parquet", **options)[0])
    opened.clear()
    assert_same(fs.merge(study, out), fresh(study, "out.parquet"))


KIND = """
[[source]]
name = "others"
description = "Another tool's"
files = ['others\\\\.stats']
"""
VERSIONS = {
    "a kind of file": lambda _: fs.register(KIND),
    "the parsers": lambda patch: patch.setattr(_target, "PARSERS_VERSION", -1),
    "the package": lambda patch: patch.setattr(_target, "__version__", "0"),
    "the schema": lambda patch: patch.setattr(_target, "SCHEMA_VERSION", -1),
}


@remembered_outs
@pytest.mark.parametrize("change", VERSIONS.values(), ids=VERSIONS)
def test_all_is_read_where_it_may_be_understood_in_another_way(study, at, fresh, opened, monkeypatch, out, change):
    fs.merge(study, at(out))
    change(monkeypatch)
    opened.clear()
    again = fs.merge(study, at(out))
    assert len(opened) == ALL
    assert_same(again, fresh(study, out))


def cut(path):
    path.write_bytes(path.read_bytes()[:-10])


def gone(path):
    shutil.rmtree(path) if path.is_dir() else path.unlink()


BATCH = AT_ONCE * N_FILES
BY_HAND = {
    "table edited": ("out.parquet", cut, ALL),
    "table gone": ("out.parquet", gone, ALL),
    "account edited": ("out.files.parquet", cut, 0),
    "account gone": ("out.files.parquet", gone, 0),
    "sidecar edited": ("out.json", lambda path: path.write_text(path.read_text() + "\n"), 0),
    "sidecar gone": ("out.json", gone, 0),
    "ledgers gone": (".out.parquet.ledgers", gone, ALL),
    "description of the ledgers cut": (".out.parquet.ledgers/about.json", cut, ALL),
    "description of the ledgers gone": (".out.parquet.ledgers/about.json", gone, ALL),
    "a ledger cut": (".out.parquet.ledgers/000001.ledger", cut, BATCH),
    "a ledger gone": (".out.parquet.ledgers/000001.ledger", gone, BATCH),
    "marks cut": (".out.parquet.ledgers/footprint", cut, 0),
    "marks gone": (".out.parquet.ledgers/footprint", gone, 0),
}


@pytest.mark.parametrize("change", BY_HAND.values(), ids=BY_HAND)
def test_what_was_changed_by_hand_is_made_again(study, at, fresh, opened, change):
    name, changed, n_opened = change
    out = at("out.parquet")
    fs.merge(study, out)
    changed(Path(out).parent / name)
    opened.clear()
    again = fs.merge(study, out)
    assert len(opened) == n_opened
    assert_same(again, fresh(study, "out.parquet"))
    assert listed(Path(out).parent) == outputs_of("out.parquet")


IN_FOLDER = {
    "a part edited": ("out/000001.parquet", cut, ALL),
    "a part gone": ("out/000001.parquet", gone, ALL),
    "the table gone": ("out", gone, ALL),
    "a ledger gone": (".out.ledgers/000001.ledger", gone, BATCH),
}


@pytest.mark.parametrize("change", IN_FOLDER.values(), ids=IN_FOLDER)
def test_what_was_changed_by_hand_in_a_folder_is_made_again(study, at, fresh, opened, change):
    name, changed, n_opened = change
    out = at("out/")
    fs.merge(study, out)
    changed(Path(out).parent / name)
    opened.clear()
    again = fs.merge(study, out)
    assert len(opened) == n_opened
    assert_same(again, fresh(study, "out/"))
    assert listed(Path(out).parent) == outputs_of("out/")


@remembered_outs
def test_a_table_in_the_studys_own_folder_is_no_part_of_the_study(study, fresh, opened, out):
    table, _ = fresh(study, out)
    for n_opened in (ALL, 0, 0):
        opened.clear()
        merged = fs.merge(study, f"{study}/{out}")
        assert_frame_equal(merged.table, table)
        assert set(merged.files["status"]) <= {"ok", "skipped"}  # a folder of parts is named as no subject
        assert len(opened) == n_opened


@remembered_outs
def test_an_archive_is_read_again_only_if_it_has_changed(study, at, fresh, opened, out, tmp_path):
    archive = pack(study, tmp_path / "study.zip", when=1e9)
    for n_opened in (ALL, 0):
        opened.clear()
        merged = fs.merge(archive, at(out))
        assert len(opened) == n_opened
        assert_same(merged, fresh(archive, out))
    write_subject(study, "s3", 60)
    pack(study, archive, when=1e9 + 60)
    opened.clear()
    again = fs.merge(archive, at(out))
    assert len(opened) == ALL
    assert_same(again, fresh(archive, out))


def pack(study, archive, when):
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(study.rglob("*.stats")):
            file.write(path, path.relative_to(study.parent))
    os.utime(archive, (when, when))
    return archive


# --- what stands in the way -----------------------------------------------------------------------------------------


def before_and_after(study, out, fresh):
    """Merge a study, change all of it; give the table before, and what the next merge has to give."""
    first = fs.merge(study, out).table
    for n, name in enumerate(NAMES, start=50):
        write_subject(study, name, n)
    old(study, seconds=1800)
    return first, fresh(study, Path(out).name + ("/" if out.endswith("/") else ""))


@outs
@pytest.mark.parametrize("limit", [100, 800, 3000, 6000])
def test_a_full_disk_leaves_the_old_table_and_what_was_read(study, at, fresh, opened, out, limit, tmp_path):
    first, expected = before_and_after(study, at(out), fresh)
    child = in_child(merge_where_the_disk_is_full, study, at(out), tmp_path / "said", limit)
    assert ended(child) == 0
    assert "File too large" in (tmp_path / "said").read_text()
    assert fs.read_table(at(out)).equals(first)
    opened.clear()
    left = unfinished(tmp_path / "out", out, study)
    assert_same(fs.merge(study, at(out)), expected)
    assert set(opened) == left
    assert listed(tmp_path / "out") == outputs_of(out)


@outs
def test_a_disk_that_cannot_be_written_is_named_and_all_stays(study, at, fresh, out, tmp_path):
    first, expected = before_and_after(study, at(out), fresh)
    names = listed(tmp_path / "out")
    assert ended(in_child(merge_where_nothing_can_be_written, study, at(out), tmp_path / "said")) == 0
    said = (tmp_path / "said").read_text()
    assert "Read-only file system" in said
    assert str(tmp_path / "out") in said
    assert listed(tmp_path / "out") == names
    assert fs.read_table(at(out)).equals(first)
    assert_same(fs.merge(study, at(out)), expected)


@outs
@pytest.mark.parametrize("after", [1, 7, ALL])
def test_a_study_that_goes_away_while_it_is_read_is_named(study, at, fresh, out, after, tmp_path, monkeypatch):
    monkeypatch.setattr("fsstats.io._study._PAUSE", 0.0)  # progress is told of every file
    first, expected = before_and_after(study, at(out), fresh)

    def take_away(done, _n_files):
        if done == after:
            study.rename(tmp_path / "elsewhere")

    with pytest.raises(FileNotFoundError, match="went away while it was read") as raised:
        fs.merge(study, at(out), progress=take_away)
    assert raised.value.filename == str(study)
    assert fs.read_table(at(out)).equals(first)
    (tmp_path / "elsewhere").rename(study)
    assert_same(fs.merge(study, at(out)), expected)
    assert listed(tmp_path / "out") == outputs_of(out)


@outs
def test_a_second_merge_into_a_table_is_refused_while_the_first_runs(study, at, fresh, out, tmp_path):
    child = in_child(merge_and_wait, study, at(out), tmp_path / "begun")
    while not (tmp_path / "begun").exists():
        assert child.is_alive()
        time.sleep(0.01)
    with pytest.raises(fs.TableError, match=rf"another merge into this table is running \(.* {child.pid}\); .*lock"):
        fs.merge(study, at(out))
    child.kill()
    ended(child)
    assert_same(fs.merge(study, at(out)), fresh(study, out))
    assert listed(tmp_path / "out") == outputs_of(out)


def test_a_lock_of_another_machine_is_not_taken_over(study, at):
    out = at("out.parquet")
    Path(out).with_name(".out.parquet.lock").write_text("far-away 1")
    with pytest.raises(fs.TableError, match=r"running \(far-away 1\); if it is not, remove .*\.out\.parquet\.lock"):
        fs.merge(study, out)
    Path(out).with_name(".out.parquet.lock").unlink()
    fs.merge(study, out)


def test_of_two_threads_one_is_refused(study, at, fresh, monkeypatch):
    met, out = Barrier(2, timeout=20), at("out.parquet")
    take = _target._take

    def merged():
        try:
            return fs.merge(study, out, progress=lambda *_: time.sleep(0.2))
        except fs.TableError as error:
            return error

    with ThreadPoolExecutor(2) as pool, monkeypatch.context() as patch:
        patch.setattr(_target, "_take", lambda lock: (met.wait(), take(lock))[1])
        found = [future.result() for future in [pool.submit(merged) for _ in range(2)]]
    refused = [one for one in found if isinstance(one, fs.TableError)]
    assert len(refused) == 1
    assert "another merge into this table is running" in str(refused[0])
    assert_same(fs.merge(study, out), fresh(study, "out.parquet"))


@pytest.mark.parametrize("text", ["", "nonsense", f"{socket.gethostname()} 4194305 0a1b2c3d"])
def test_a_lock_that_nobody_holds_is_taken(study, at, fresh, text, tmp_path, monkeypatch):
    monkeypatch.setattr(_locks, "_PATIENCE", 0.1)
    (tmp_path / "out" / ".out.parquet.lock").write_text(text)
    assert_same(fs.merge(study, at("out.parquet")), fresh(study, "out.parquet"))
    assert listed(tmp_path / "out") == outputs_of("out.parquet")


def test_a_lock_that_came_into_the_place_of_a_dead_one_stays(tmp_path):
    lock = tmp_path / ".out.parquet.lock"
    lock.write_text("of one that lives")
    _locks._clear(lock, "of one that died")
    assert lock.read_text() == "of one that lives"
    assert listed(tmp_path) == [lock.name]
    _locks._clear(lock, "of one that lives")
    assert listed(tmp_path) == []


@outs
def test_a_merge_that_lost_its_lock_puts_nothing_into_place(study, at, fresh, out, tmp_path):
    first, _ = before_and_after(study, at(out), fresh)
    lock = tmp_path / "out" / f".{out.rstrip('/')}.lock"
    with pytest.raises(fs.TableError, match=r"is running \(somebody 1\)"):
        fs.merge(study, at(out), progress=lambda *_: lock.write_text("somebody 1 0a1b2c3d"))
    assert fs.read_table(at(out)).equals(first)
    assert lock.read_text() == "somebody 1 0a1b2c3d"


STRANGE = {"a name of theirs": "model.parquet", "a hidden one": "_x.parquet", "a name of ours": "000000.parquet"}


@pytest.mark.parametrize("name", STRANGE.values(), ids=STRANGE)
def test_parquet_of_somebody_else_is_left_alone(study, at, name):
    folder = Path(at("out"))
    folder.mkdir()
    (folder / name).write_text("precious")
    with pytest.raises(fs.TableError, match=rf"is there, with {name} in it; expected a new name, or a folder that"):
        fs.merge(study, at("out"))
    assert (folder / name).read_text() == "precious"


@pytest.mark.parametrize("options", [{"jobs": -1}, {"jobs": 2, "dask": "tcp://127.0.0.1:1"}], ids=str)
def test_a_mistake_leaves_what_was_read(study, at, opened, options):
    out = at("out.parquet")
    assert ended(in_child(merge_and_die, study, out, 60)) < 0
    kept = listed(Path(out).parent / ".out.parquet.partial")
    with pytest.raises(ValueError, match="expected jobs of 0 or more, an executor or a Dask cluster"):
        fs.merge(study, out, **options)
    assert listed(Path(out).parent / ".out.parquet.partial") == kept
    fs.merge(study, out)
    assert 0 < len(opened) < ALL
