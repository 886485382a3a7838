"""Laws: what goes into an archive comes out, only what is wanted is read, and nothing is left open."""

import gc
import io
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsstats.errors import PlaceError
from fsstats.places import _sources, archives, faults, place, read_bytes, tars
from places_support import TREE, files_of, make_tar, make_zip

NAMES = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/\\:"), min_size=1, max_size=12
).filter(lambda name: name.strip("."))
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@st.composite
def trees(draw):
    """Trees of files, of which no file has the name of a folder."""
    found = draw(st.dictionaries(PATHS, st.binary(max_size=2000), max_size=12))
    folders = {"/".join(path.split("/")[:depth]) for path in found for depth in range(1, path.count("/") + 1)}
    return {path: content for path, content in found.items() if path not in folders}


@settings(max_examples=60)
@given(tree=trees())
@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz", "x.tar.xz"])
def test_a_tree_comes_out_as_it_went_in(tmp_path_factory, name, tree):
    path = tmp_path_factory.mktemp("tree") / name
    path.write_bytes(make_zip(tree) if name == "x.zip" else make_tar(tree, name[6:]))
    root = place(path)
    assert (files_of(root), faults(root)) == (tree, [])
    for inner, content in tree.items():
        one = root / inner
        assert place(str(one)) == one
        assert read_bytes(str(one)) == content


class Counting(io.FileIO):
    """A file that counts what is read of it."""

    count = 0
    still_open = 0

    def __init__(self, path):
        super().__init__(path)
        Counting.still_open += 1

    def readinto(self, buffer):
        got = super().readinto(buffer)
        Counting.count += got
        return got

    def read(self, size=-1):
        got = super().read(size)
        Counting.count += len(got)
        return got

    def close(self):
        Counting.still_open -= not self.closed
        super().close()


@pytest.fixture
def counting(monkeypatch):
    monkeypatch.setattr(_sources, "open_local", Counting)
    Counting.count = Counting.still_open = 0
    return Counting


LARGE = os.urandom(2_500_000)
STATS = {f"sub-01/stats/atlas{number}.stats": os.urandom(3000) for number in range(20)}
BIG = {**{f"sub-01/mri/{number}.mgz": LARGE for number in range(20)}, **STATS}


def test_of_a_zip_only_the_directory_and_the_members_are_read(tmp_path, counting):
    path = tmp_path / "big.zip"
    path.write_bytes(make_zip(BIG))
    assert {name: read_bytes(f"zip://{name}::{path}") for name in STATS} == STATS
    assert path.stat().st_size > 50_000_000
    assert counting.count < 0.01 * path.stat().st_size
    assert counting.still_open == 0


def test_of_a_plain_tar_only_the_headers_and_the_members_are_read(tmp_path, counting):
    path = tmp_path / "big.tar"
    path.write_bytes(make_tar(BIG))
    assert {name: read_bytes(f"tar://{name}::{path}") for name in STATS} == STATS
    assert counting.count < 0.01 * path.stat().st_size
    assert counting.still_open == 0


@pytest.mark.parametrize(
    ("name", "passes"),
    {"a/stats/aseg.stats": 1, "a/scripts/anything": 1, "base/base-tps": 1, "a/surf/lh.white": 2}.items(),
)
def test_what_is_likely_to_be_read_costs_no_second_pass(tmp_path, counting, name, passes):
    path = tmp_path / "x.tar.gz"
    path.write_bytes(make_tar({"a/mri/orig.mgz": LARGE, name: b"content"}, "gz"))
    assert read_bytes(f"tar://{name}::{path}") == b"content"
    once = counting.count / path.stat().st_size
    assert passes - 0.1 < once < passes + 0.1
    assert counting.still_open == 0


@pytest.mark.parametrize(("constant", "most"), [("KEPT_EACH", 6), ("KEPT_IN_ALL", 6)])
def test_what_is_kept_is_bounded(tmp_path, monkeypatch, constant, most):
    monkeypatch.setattr(tars, constant, most)
    path = tmp_path / "x.tar.gz"
    path.write_bytes(make_tar({"a.stats": b"123456", "b.stats": b"1234567"}, "gz"))
    tar = tars.open_tar(_sources.LocalFile(str(path), path.stat().st_size))
    assert [*map(len, tar.read.__self__.kept.values())] == [6]
    assert read_bytes(f"tar://b.stats::{path}") == b"1234567"


def test_an_archive_is_looked_into_once_though_many_threads_ask(tmp_path, monkeypatch):
    path = tmp_path / "x.zip"
    path.write_bytes(make_zip(TREE))
    looks, together = [], threading.Barrier(8)
    real = archives.open_zip
    monkeypatch.setattr(archives, "open_zip", lambda source: looks.append(source) or real(source))

    def ask(_):
        together.wait()
        return files_of(place(path))

    with ThreadPoolExecutor(8) as pool:
        assert all(found == TREE for found in pool.map(ask, range(8)))
    assert len(looks) == 1


def test_archives_used_long_ago_are_forgotten(tmp_path, monkeypatch):
    looks = []
    real = archives.open_zip
    monkeypatch.setattr(archives, "open_zip", lambda source: looks.append(source.where[-5]) or real(source))
    monkeypatch.setattr(archives, "_SHELF", archives._Shelf(3 * 4096 + 2500))
    for name in "abc":
        (tmp_path / f"{name}.zip").write_bytes(make_zip({"x": b"1"}))
    for name in "abcbacca":
        assert read_bytes(f"zip://x::{tmp_path}/{name}.zip") == b"1"
    assert looks == list("abc")
    monkeypatch.setattr(archives, "_SHELF", archives._Shelf(0))
    looks.clear()
    for name in "aabba":
        assert read_bytes(f"zip://x::{tmp_path}/{name}.zip") == b"1"
    assert looks == list("aba")


def test_what_archives_take_is_counted_though_many_threads_ask(tmp_path, monkeypatch):
    shelf = archives._Shelf(5 * 4096)
    monkeypatch.setattr(archives, "_SHELF", shelf)
    for number in range(20):
        (tmp_path / f"{number}.zip").write_bytes(make_zip({"x": b"1"}) if number % 3 else b"no archive")

    def ask(number):
        return faults(place(tmp_path / f"{number % 20}.zip"))

    with ThreadPoolExecutor(8) as pool:
        assert sum(map(bool, pool.map(ask, range(400)))) == 7 * 20
    assert shelf._weight == sum(slot.weight for slot in shelf._slots.values())
    assert 0 < shelf._weight <= 5 * 4096


@pytest.mark.parametrize("seen", [0, 3, 9])
def test_a_file_that_is_not_as_large_as_it_said_is_read_to_its_end(tmp_path, monkeypatch, seen):
    path = tmp_path / "x.stats"
    path.write_bytes(b"12345")
    monkeypatch.setattr(os, "fstat", lambda _: SimpleNamespace(st_size=seen))
    assert read_bytes(path) == read_bytes(path, limit=max(seen, 5)) == b"12345"
    with pytest.raises(PlaceError, match=rf"x\.stats: expected at most 4 bytes, found (more|{seen})"):
        read_bytes(path, limit=4)


def test_an_archive_that_cannot_be_read_is_not_tried_again_until_it_changes(tmp_path, counting):
    path = tmp_path / "x.zip"
    path.write_bytes(b"nothing" * 1000)
    first = faults(place(path))
    once = counting.count
    assert (faults(place(path)), counting.count) == (first, once)
    path.write_bytes(make_zip(TREE))
    assert faults(place(path)) == []


def test_nothing_is_left_open(tmp_path):
    for name in ("x.zip", "x.tar", "x.tar.gz", "x.tar.bz2", "x.tar.xz"):
        (tmp_path / name).write_bytes(make_zip(TREE) if name == "x.zip" else make_tar(TREE, name[6:]))
        next(place(tmp_path / name).iterdir())
        files_of(place(tmp_path / name))
    (tmp_path / "x.tar").unlink()  # would fail on Windows if it were open
    gc.collect()  # what is not closed would warn, and a warning is an error


def test_a_folder_of_many_is_listed_in_the_time_of_its_own_members(tmp_path):
    path = tmp_path / "x.zip"
    path.write_bytes(make_zip({f"sub-{number}/stats/aseg.stats": b"" for number in range(3000)}))
    index = (place(path) / "sub-7")._archive().contents
    assert index.folders["sub-7/stats"].keys() == {"aseg.stats"}
    assert len(index.folders[""]) == 3000
    assert len(index) == 9000
