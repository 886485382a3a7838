"""What is remembered of files: given back as it was, or not at all."""

import os
import time

import numpy as np
import pyarrow as pa
import pytest

import fsstats as fs
from fsstats.datasets import make_cohort
from fsstats.io._ledger import Stored, has_changed, recall
from fsstats.io._names import LEDGER, PART, VALUES, part_name
from fsstats.io._parts import make_part, restored, save_part
from fsstats.io._study import plan_of, read_task, task_of

MEASURES = {"all measures": None, "some": ("volume", "eTIV"), "none that is there": ("lhSurfaceHoles",)}


def old(root):
    """Let all files have been changed an hour ago, so that they are remembered."""
    then = time.time() - 3600
    for path in sorted(root.rglob("*.*")):
        if path.exists():
            os.utime(path, (then, then))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = make_cohort(tmp_path_factory.mktemp("ledger") / "s", n_subjects=12, seed=3, damaged=0.2).root
    subject = root / "sub-001" / "stats"
    (subject / "lh.mine.stats").write_text("# ColHeaders StructName NumVert\ninsula 5\n")  # equal to the right one
    (subject / "rh.mine.stats").write_text("# ColHeaders StructName NumVert\ninsula 5\n")
    (subject / "thalamus.mine.stats").write_text("# ColHeaders StructName Volume_mm3\nLeft-Thalamus 5.5\n")
    old(root)
    return root


@pytest.fixture
def study(made, tmp_path):
    """Give a copy that a test may change."""
    target = tmp_path / "study"
    target.mkdir()
    for path in sorted(made.rglob("*")):
        there = target / path.relative_to(made)
        if path.is_dir():
            there.mkdir(exist_ok=True)
        elif path.is_file():
            there.write_bytes(path.read_bytes())
    old(target)
    return target


def the_task(root, measures=None):
    plan = plan_of(fs.find_stats(root), measures=measures)
    assert len(plan.batches) == 1
    return task_of(plan, 0)


def content(batch, i):
    """Give all that is known of a file; of values those that are used."""
    reading = batch.reading(i)
    blocks = [(one.subject, one.session, one.stream, one.source, one.layout, used(one)) for one in reading.blocks]
    positions = [None if one.chosen is None else one.chosen.tolist() for one in reading.blocks]
    return (dict(reading.record), blocks, positions, reading.digest, reading.open_ended, batch.marks[i])


def used(block):
    """Give the bits of the values that a block uses; Parquet does not keep the sign of what is missing."""
    values = block.values if block.chosen is None else block.values[block.chosen]
    return np.where(np.isnan(values), np.nan, values).tobytes()


@pytest.mark.parametrize("suffix", [VALUES, PART])
@pytest.mark.parametrize("measures", MEASURES.values(), ids=MEASURES)
def test_a_part_gives_its_batch_back(made, tmp_path, measures, suffix):
    task = the_task(made, measures)
    batch = read_task(task)
    assert batch.settled
    make_part(task, tmp_path, suffix)
    again = restored(task, tmp_path, suffix)
    assert [content(again, i) for i in range(len(again))] == [content(batch, i) for i in range(len(batch))]
    assert again.fingerprints().tolist() == batch.fingerprints().tolist()
    assert again.done == set(range(len(batch)))


@pytest.mark.parametrize("suffix", [VALUES, PART])
def test_a_part_of_a_part_is_the_same(made, tmp_path, suffix):
    task = the_task(made)
    make_part(task, tmp_path, suffix)
    again = restored(task, tmp_path, suffix)
    (tmp_path / "second").mkdir()
    save_part(again, tmp_path / "second", task.number, suffix)
    third = restored(task, tmp_path / "second", suffix)
    assert [content(again, i) for i in range(len(again))] == [content(third, i) for i in range(len(again))]


def remembered(root, folder, measures=None, suffix=VALUES):
    """Read a study and give where it is remembered."""
    make_part(the_task(root, measures), folder, suffix)
    return Stored(folder / part_name(0, LEDGER), folder / part_name(0, suffix))


def read_again(root, stored, measures=None):
    """Read a study with what is remembered of it; give the batch, and the names of the files that were opened."""
    plan, opened = plan_of(fs.find_stats(root), measures=measures), []
    batch = read_task(task_of(plan, 0, stored=(stored,)), lambda: opened.append(1))
    return batch, len(opened)


@pytest.mark.parametrize("suffix", [VALUES, PART])
@pytest.mark.parametrize("measures", MEASURES.values(), ids=MEASURES)
def test_what_is_recalled_is_what_would_be_read(made, tmp_path, measures, suffix):
    stored = remembered(made, tmp_path, measures, suffix)
    batch, n_opened = read_again(made, stored, measures)
    fresh = read_task(the_task(made, measures))
    assert [content(batch, i)[:3] for i in range(len(batch))] == [content(fresh, i)[:3] for i in range(len(fresh))]
    assert batch.marks == fresh.marks
    assert batch.open_ended == fresh.open_ended
    assert n_opened == len(fresh.settled) + sum(mark is None for mark in fresh.marks)


def in_place(path):
    data, state = path.read_bytes(), path.stat()
    path.write_bytes(data.replace(b"1", b"2"))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns + 1))


def longer(path):
    state = path.stat()
    path.write_bytes(path.read_bytes() + b"\n")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


@pytest.fixture(scope="module")
def wrong(made, tmp_path_factory):
    return remembered(made, tmp_path_factory.mktemp("wrong"))


CHANGES = {
    "its size": longer,
    "its time": lambda path: os.utime(path, (1, 1)),
    "its content in place": in_place,
    "all of it, now": lambda path: path.write_bytes(b""),
    "it is gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_file_that_changed_is_read_again(study, tmp_path, change):
    stored = remembered(study, tmp_path)
    _, before = read_again(study, stored)
    change(study / "sub-002" / "stats" / "aseg.stats")
    batch, n_opened = read_again(study, stored)
    fresh = read_task(the_task(study))
    assert [content(batch, i)[:3] for i in range(len(batch))] == [content(fresh, i)[:3] for i in range(len(fresh))]
    assert n_opened == before + (study / "sub-002" / "stats" / "aseg.stats").exists()


def test_a_file_that_was_just_written_is_never_remembered(study, tmp_path):
    os.utime(study / "sub-002" / "stats" / "aseg.stats")
    stored = remembered(study, tmp_path)
    os.utime(study / "sub-002" / "stats" / "aseg.stats", (1, 1))
    _, n_opened = read_again(study, stored)
    old(study)
    _, without = read_again(study, remembered(study, tmp_path))
    assert n_opened == without + 1


def cut(data):
    return data[: len(data) // 2]


BROKEN = {
    "empty": lambda _: b"",
    "cut": cut,
    "cut at its end": lambda data: data[:-9],
    "garbage": lambda data: b"\x17" * (len(data) - 3),
    "text": lambda _: b"no ledger",
    "gone": None,
}


@pytest.mark.parametrize("which", ["ledger", "data"])
@pytest.mark.parametrize("suffix", [VALUES, PART])
@pytest.mark.parametrize("breaks", BROKEN.values(), ids=BROKEN)
def test_a_ledger_that_is_broken_is_as_if_it_were_not_there(made, tmp_path, breaks, suffix, which):
    stored = remembered(made, tmp_path, suffix=suffix)
    path = getattr(stored, which)
    path.write_bytes(breaks(path.read_bytes())) if breaks else path.unlink()
    assert stored.load() is None


@pytest.mark.parametrize("seed", range(40))
def test_a_ledger_with_a_wrong_byte_raises_nothing(made, wrong, seed):
    data, rng = wrong.ledger.read_bytes(), np.random.default_rng(seed)
    at = int(rng.integers(len(data)))
    wrong.ledger.write_bytes(data[:at] + rng.bytes(1) + data[at + 1 :])
    wrong.load()
    has_changed(wrong.ledger)
    wrong.ledger.write_bytes(data)


STRANGERS = {
    "no columns": pa.table({}),
    "other columns": pa.table({"path": ["a"]}),
    "the columns, but no labels": pa.table({"path": ["a"], "n_values": [0]}),
}


@pytest.mark.parametrize("table", STRANGERS.values(), ids=STRANGERS)
def test_another_arrow_file_is_no_ledger(tmp_path, table):
    stored = Stored(tmp_path / "x.ledger", tmp_path / "x.values")
    stored.data.write_bytes(b"")
    with pa.OSFile(str(stored.ledger), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    assert stored.load() is None


def test_values_of_another_ledger_do_not_belong(made, tmp_path):
    (tmp_path / "other").mkdir()
    stored, other = remembered(made, tmp_path), remembered(made, tmp_path / "other", ("volume",))
    assert Stored(stored.ledger, other.data).load() is None
    assert Stored(other.ledger, stored.data).load() is None


def test_the_values_of_another_subject_are_not_taken(made, tmp_path):
    kept, task = remembered(made, tmp_path).load(), the_task(made)
    task.files["subject"] = "someone else"
    batch = read_task(task)
    batch.done.clear()
    recall(batch, [kept], None)
    assert not batch.done


TABLE = "Measure:volume\tLeft-Thalamus\tEstimatedTotalIntraCranialVol\n{0}\t7000.5\t1500000.0\n{1}\t7100.5\t1600000.0\n"


@pytest.fixture
def with_table(tmp_path):
    folder = tmp_path / "tables"
    folder.mkdir()
    (folder / "aseg_stats.txt").write_text(TABLE.format("sub-01", "sub-02"))
    old(folder)
    return folder / "aseg_stats.txt"


def test_a_table_of_many_is_read_again_for_other_subjects(with_table, tmp_path):
    def merged(out, **options):
        return fs.merge(with_table, out, **options).table

    whole = merged(tmp_path / "whole.parquet")
    merged(tmp_path / "out.parquet", subjects=["sub-01"])
    second = merged(tmp_path / "out.parquet", subjects=["sub-02"])
    assert np.array_equal(second["value"], whole.loc[whole["subject"] == "sub-02", "value"])


@pytest.mark.parametrize("name", ["aseg.stats", "lh.w-g.pct.stats"])
@pytest.mark.parametrize("measures", [None, ["volume", "contrast_mean"]])
def test_a_copy_is_found_where_only_one_of_two_is_read_again(study, tmp_path, name, measures):
    fs.merge(study, tmp_path / "out.parquet", measures=measures)
    first, second = (study / subject / "stats" / name for subject in ("sub-003", "sub-004"))
    second.write_bytes(first.read_bytes())
    os.utime(second, (1, 1))
    again = fs.merge(study, tmp_path / "out.parquet", measures=measures)
    fresh = fs.merge(study, tmp_path / "fresh.parquet", measures=measures)
    assert fresh.files.set_index("path")["status"][str(second)] == "conflict"
    assert again.files.equals(fresh.files)
    assert again.table.equals(fresh.table)
