"""One suite for every kind of place: the same tree has the same names and the same bytes wherever it lies."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fsstats.places import faults, is_archive, is_archive_root, place, read_bytes
from places_support import TREE, files_of

ARCHIVES = {"zip": "zip", "tar": "tar", "tar.gz": "tar", "tar.bz2": "tar", "tar.xz": "tar"}
HOMES = ("shared", "memory", "plain_web", "parts_web", "bucket")
PLACES = {f"{home} {suffix or 'folder'}": (home, suffix) for home in HOMES for suffix in ("", *ARCHIVES)}


@pytest.fixture(params=PLACES.values(), ids=PLACES)
def address(request):
    home, suffix = request.param
    return f"{request.getfixturevalue(home)}/study{suffix and '.'}{suffix}"


def test_every_file_is_there_with_its_bytes(address):
    assert files_of(place(address)) == TREE


def test_nothing_is_wrong_with_it(address):
    assert faults(place(address)) == []


def test_a_folder_is_a_folder_and_a_file_is_a_file(address):
    root = place(address)
    folder, file, nothing = root / "sub-01" / "stats", root / "sub-01" / "stats" / "aseg.stats", root / "sub-03"
    assert [(one.is_dir(), one.is_file(), one.exists()) for one in (root, folder, file, nothing)] == [
        (True, False, True),
        (True, False, True),
        (False, True, True),
        (False, False, False),
    ]
    assert not (nothing / "stats").exists()
    assert not (file / "below").exists()


def test_names_and_parents_lead_back(address):
    root = place(address)
    file = root / "sub 02" / "stats" / "größe #1 100%.stats"
    assert (root.name, file.name, file.parent.parent.name) == ("study", "größe #1 100%.stats", "sub 02")
    assert file.parent.parent.parent == root
    assert root.parent == place(address.rpartition("/")[0])
    assert root / "sub-01/stats" == root / "sub-01" / "stats"


@pytest.mark.parametrize("name", TREE)
def test_an_address_leads_back_to_its_place(address, name):
    one = place(address)
    for part in name.split("/"):
        one /= part
    again = place(str(one))
    assert (again, hash(again), str(again), again.name) == (one, hash(one), str(one), one.name)
    assert read_bytes(str(one)) == TREE[name]


def test_an_address_keeps_what_kinds_of_file_are_known_by(address):
    one = next(one for one in (place(address) / "sub-01" / "mri").iterdir())
    assert "sub-01/mri/aseg+one.mgz" in str(one)


def test_what_is_not_there_is_an_error_that_names_it(address):
    for one in (place(address) / "sub-03", place(address) / "nowhere" / "aseg.stats"):
        with pytest.raises(FileNotFoundError, match=one.name):
            list(one.iterdir())
        with pytest.raises(FileNotFoundError, match=one.name) as caught:
            one.read_bytes()
        assert caught.value.strerror == "No such file or directory"


def test_a_file_is_not_listed(address):
    with pytest.raises(OSError, match=r"aseg\.stats"):
        list((place(address) / "sub-01" / "stats" / "aseg.stats").iterdir())


def test_a_file_over_the_limit_is_refused(address):
    path = str(place(address) / "sub-01" / "surf" / "lh.white")
    assert len(read_bytes(path, limit=5000)) == 5000
    with pytest.raises(OSError, match=r"lh\.white.*: expected at most 4,999 bytes, found (5,000|more)"):
        read_bytes(path, limit=4999)


def test_threads_may_share_it(address):
    root = place(address)
    with ThreadPoolExecutor(8) as pool:
        assert all(found == TREE for found in pool.map(lambda _: files_of(root), range(8)))


@pytest.mark.parametrize("suffix", ARCHIVES)
@pytest.mark.parametrize("home", HOMES)
def test_an_archive_is_one_by_its_name(request, home, suffix):
    base = request.getfixturevalue(home)
    archive = f"{base}/study.{suffix}"
    assert is_archive(archive)
    assert is_archive_root(place(archive))
    assert not is_archive_root(place(archive) / "sub-01")
    assert not is_archive(f"{base}/study")
    assert str(place(archive)) == archive
    assert str(place(archive) / "a b") == f"{ARCHIVES[suffix]}://a b::{archive}"


def test_a_local_folder_is_a_path(shared):
    assert place(shared) == Path(shared)
    assert place(f"file://{shared}") == Path(shared)
    assert read_bytes(shared / "study" / "case.txt") == read_bytes(f"file://{shared}/study/case.txt") == b"lower"


def test_a_folder_that_is_called_like_an_archive_is_a_folder(tmp_path):
    (tmp_path / "study.zip").mkdir()
    assert not is_archive(tmp_path / "study.zip")
    assert place(tmp_path / "study.zip") == tmp_path / "study.zip"


def test_an_archive_that_is_not_there_is_a_path_that_is_not_there(tmp_path):
    assert not place(tmp_path / "study.zip").exists()


def test_a_relative_address_stays_relative(shared, monkeypatch):
    monkeypatch.chdir(shared)
    assert str(place("study.zip") / "sub-01") == "zip://sub-01::study.zip"
    assert read_bytes("zip://case.txt::study.zip") == b"lower"
    assert str(place("study.zip").parent) == "."
    (shared / "elsewhere").mkdir()
    monkeypatch.chdir(shared / "elsewhere")
    assert read_bytes("zip://case.txt::../study.zip") == b"lower"
    assert read_bytes(f"zip://case.txt::{shared}/study.zip") == b"lower"
    monkeypatch.chdir(shared)
    (shared / "elsewhere").rmdir()


def test_an_archive_whose_name_does_not_say_so_has_an_address_all_the_same(shared, tmp_path):
    (tmp_path / "blob").write_bytes((shared / "study.zip").read_bytes())
    root = place(f"zip://::{tmp_path}/blob")
    assert (str(root), root.name) == (f"zip://::{tmp_path}/blob", "blob")
    assert place(str(root / "case.txt")).read_bytes() == b"lower"


def test_a_place_in_an_archive_can_be_sent_to_another_process(shared):
    one = place(shared / "study.zip") / "case.txt"
    assert pickle.loads(pickle.dumps(one)).read_bytes() == b"lower"  # noqa: S301 - our own bytes
