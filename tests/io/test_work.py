"""How much work a merge does: counted, since seconds depend on the machine."""

import cProfile
import os
import pstats
from collections import Counter
from pathlib import Path

import pytest

import fsstats
from fsstats import merge, read_table
from fsstats.datasets import make_cohort
from fsstats.io import _reading

PACKAGE = Path(fsstats.__file__).parent
OLD = 1_700_000_000
"""A time long ago: a file that is two seconds old is read again, since it may still be changing."""


def cohort(folder, n_subjects):
    """Write subjects whose files were finished long ago."""
    root = make_cohort(folder, n_subjects=n_subjects, seed=4).root
    for path in sorted(root.rglob("*"), reverse=True):
        os.utime(path, (OLD, OLD))
    os.utime(root, (OLD, OLD))
    return root


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    """Forty and eighty subjects."""
    folder = tmp_path_factory.mktemp("work")
    return {n: cohort(folder / f"{n}", n) for n in (40, 80)}


@pytest.fixture
def opened(monkeypatch):
    """Count how often each file is opened, and the bytes that are read of it."""
    counts, n_bytes, read = Counter(), Counter(), _reading.read_local

    def counting(path, *rest):
        data, state = read(path, *rest)
        counts[path] += 1
        n_bytes[path] += len(data)
        return data, state

    monkeypatch.setattr(_reading, "read_local", counting)
    return counts, n_bytes


def calls_of(root, out):
    """Count the calls of functions of fsstats that a merge makes."""
    profile = cProfile.Profile()
    profile.enable()
    merge(root, out)
    profile.disable()
    calls = pstats.Stats(profile).stats.items()
    return sum(n for (path, _, _), (_, n, *_) in calls if Path(path).is_relative_to(PACKAGE))


def test_every_file_is_opened_once_and_read_once(roots, tmp_path, opened):
    merged = merge(roots[40], tmp_path / "out.parquet")
    counts, n_bytes = opened
    read = merged.files.loc[merged.files["n_values"] > 0, "path"]
    assert len(read) == 40 * 17
    assert counts == dict.fromkeys(read, 1)
    assert n_bytes == {path: Path(path).stat().st_size for path in read}


def test_the_second_merge_opens_nothing(roots, tmp_path, opened):
    merge(roots[40], tmp_path / "out.parquet")
    opened[0].clear()
    merge(roots[40], tmp_path / "out.parquet")
    assert not opened[0]


def test_after_a_change_only_the_changed_file_is_opened(tmp_path, opened):
    root = cohort(tmp_path / "sd", 20)
    merge(root, tmp_path / "out.parquet")
    before, changed = read_table(tmp_path / "out.parquet"), root / "sub-007" / "stats" / "aseg.stats"
    changed.write_text(changed.read_text().replace("hostname host", "hostname tsoh"))
    os.utime(changed, (OLD + 60, OLD + 60))
    opened[0].clear()
    merge(root, tmp_path / "out.parquet")
    assert dict(opened[0]) == {str(changed): 1}
    assert read_table(tmp_path / "out.parquet").equals(before)


def test_a_further_file_costs_few_calls(roots, tmp_path):
    merge(roots[40], tmp_path / "first.parquet")  # what is worked out once is not counted
    few, many = (calls_of(roots[n], tmp_path / f"{n}.parquet") for n in (40, 80))
    assert (many - few) / (40 * 17) < 25  # about 18; file by file it would be some hundred
