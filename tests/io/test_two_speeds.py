"""A cohort read with stencils and one by one: the same table and the same account, to the bit and in the same order."""

import shutil

import numpy as np
import pytest

import fsstats as fs
from frames_support import assert_frame_equal
from fsstats.datasets import ALSO, make_cohort
from fsstats.io import _batch, _study
from fsstats.io._reading import content_of, parse_file
from tests_support import CORPUS

TOOLS = ("freesurfer-6.0.0", "freesurfer-7.4.1", "fastsurfer-2.2.0")
COHORTS = {
    "as many as it takes": {"n_subjects": 24, "damaged": 0.2},
    "three tools by turns": {"n_subjects": 12, "tool": TOOLS, "damaged": 0.2},
    "everything beside the stats files": {"n_subjects": 6, "also": tuple(ALSO), "damaged": 0.1},
    "time points": {"n_subjects": 4, "layout": "longitudinal", "sessions": 2, "damaged": 0.1, "tool": TOOLS[:2]},
    "sessions in folders": {"n_subjects": 5, "layout": "bids", "sessions": 2, "damaged": 0.1},
}


@pytest.fixture(autouse=True)
def _soon(monkeypatch, request):
    """Make stencils also where few files are, so that small cohorts will do."""
    if "as many as it takes" not in request.node.name:
        monkeypatch.setattr(_batch, "_WORTH", 1)


@pytest.fixture(scope="module", params=COHORTS.values(), ids=COHORTS)
def root(request, tmp_path_factory):
    return make_cohort(tmp_path_factory.mktemp("cohort") / "s", seed=7, **request.param).root


def cohort_of(root, **options):
    """Read a cohort by stencils made anew."""
    _batch._pool.cache_clear()
    return fs.load_cohort(root, **options)


def one_by_one(root, monkeypatch, **options):
    """Read a cohort without stencils."""
    with monkeypatch.context() as without:
        without.setattr(_batch, "stencil_of", lambda _data, _stats: None)
        return cohort_of(root, **options)


def n_fitting(monkeypatch):
    """Count, from now on, the files that stencils read."""
    counts, fit = [], _batch.fit

    def counted(*given):
        fitted = fit(*given)
        counts.append(len(fitted.which))
        return fitted

    monkeypatch.setattr(_batch, "fit", counted)
    return counts


def same(quick, slow):
    """Assert that two cohorts are one."""
    assert_frame_equal(quick.files, slow.files)
    assert quick.table["value"].to_numpy().tobytes() == slow.table["value"].to_numpy().tobytes()
    assert_frame_equal(quick.table, slow.table)


def test_both_speeds_give_one_cohort(root, monkeypatch):
    counts = n_fitting(monkeypatch)
    quick = cohort_of(root, details=True)
    assert sum(counts) > 0.3 * quick.files["status"].eq("ok").sum()
    same(quick, one_by_one(root, monkeypatch, details=True))


CHOICES = {
    "measures": {"measures": ["volume", "thickness", "eTIV"]},
    "measures whose meaning changed": {"measures": ["n_voxels", "SubCortGrayVol"]},
    "sources": {"sources": ["aseg", "aparc"]},
    "subjects": {"subjects": [f"sub-{k:03}" for k in range(1, 8)]},
}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    return make_cohort(tmp_path_factory.mktemp("mixed") / "s", n_subjects=12, seed=5, tool=TOOLS, damaged=0.2).root


@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
def test_both_speeds_give_one_choice(mixed, monkeypatch, choice):
    same(cohort_of(mixed, **choice), one_by_one(mixed, monkeypatch, **choice))


@pytest.mark.parametrize("at_once", [1, 5])
def test_stencils_of_one_batch_serve_the_next(mixed, monkeypatch, at_once):
    monkeypatch.setattr(_study, "AT_ONCE", at_once)
    same(cohort_of(mixed), one_by_one(mixed, monkeypatch))


def test_a_second_reading_by_the_stencils_of_the_first_is_the_same(mixed):
    same(cohort_of(mixed), fs.load_cohort(mixed))


def test_a_stencil_of_one_study_serves_another(mixed, monkeypatch, tmp_path):
    other = make_cohort(tmp_path / "other", n_subjects=3, seed=8, tool=TOOLS, damaged=0.2).root
    cohort_of(mixed)
    same(fs.load_cohort(other), one_by_one(other, monkeypatch))


def damaged_study(folder, edit):
    """Make a study of which every file but one subject's is edited."""
    made = make_cohort(folder, n_subjects=5, seed=9)
    for path in sorted(made.root.glob("*/stats/*.stats")):
        if path.parts[-3] != "sub-003":
            path.write_bytes(edit(path.read_bytes()))
    return made.root


EDITS = {
    "a side in each header": lambda data: data.replace(b"# hemi ", b"# hemi r"),
    "the name of one subject": lambda data: data.replace(b"# subjectname sub-0", b"# subjectname bert-"),
    "no volume of the head": lambda data: data.replace(b"eTIV, Estimated Total", b"eTIV,  Estimated Total"),
    "another option": lambda data: data.replace(b"-th3", b"-no-th3"),
    "blanks behind the lines": lambda data: data.replace(b"\n", b" \n"),
    "a header line among the rows": lambda data: data + b"#" + data.splitlines(keepends=True)[-1][1:],
    "tabs": lambda data: data.replace(b"  ", b"\t "),
    "Windows": lambda data: data.replace(b"\n", b"\r\n"),
    "a text mark in front": lambda data: b"\xef\xbb\xbf" + data,
    "names that are not ASCII": lambda data: data.replace(b"insula", b"ins\xc3\xbcla"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_study_of_odd_files_is_read_the_same(tmp_path, monkeypatch, edit):
    root, sources = damaged_study(tmp_path / "s", edit), ["aseg", "aparc", "w-g.pct"]
    same(cohort_of(root, sources=sources), one_by_one(root, monkeypatch, sources=sources))


@pytest.mark.skipif(not CORPUS, reason="no real files here: set FSSTATS_CORPUS")
def test_real_files_among_copies_of_each_other(tmp_path, monkeypatch):
    real = [path for path in sorted(CORPUS.rglob("*.stats")) if path.parent.name == "stats"]
    for k, path in enumerate(real * 2):
        target = tmp_path / "s" / f"sub-{k:03}" / "stats" / path.name
        target.parent.mkdir(parents=True)
        shutil.copy(path, target)
    same(cohort_of(tmp_path / "s"), one_by_one(tmp_path / "s", monkeypatch))


def test_each_file_of_a_batch_is_as_if_it_had_been_read_alone(mixed):
    _batch._pool.cache_clear()
    files = fs.find_stats(mixed)
    plan = _study.plan_of(files)
    for at in plan.batches:
        batch = _batch.batch_of(files.iloc[at])
        alone = [batch.record(i) for i in range(len(batch))]
        _batch.read_batch(batch, plan.wanted)
        for i, record in enumerate(alone):
            if batch.columns["status"][i] not in ("missing", "unreadable"):
                as_alone(batch.reading(i), record)


def as_alone(reading, record):
    slow, _ = parse_file(record, content_of(record["path"]))
    assert {**slow.record, "n_values": sum(map(len, slow.blocks))} == reading.record
    assert slow.open_ended == reading.open_ended
    assert reading.digest in (None, slow.digest)
    assert len(slow.blocks) == len(reading.blocks)
    for one, other in zip(slow.blocks, reading.blocks, strict=True):
        assert one.values.tobytes() == other.values.tobytes()
        assert (one.layout, one.subject, one.session, one.stream, one.source) == (
            other.layout,
            other.subject,
            other.session,
            other.stream,
            other.source,
        )
        assert np.array_equal(one.chosen, other.chosen) if one.chosen is not None else other.chosen is None
