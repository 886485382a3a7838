"""A file that is named and is not there: every reader says where it looked, and what may have been meant."""

import os
import re
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import fsspec
import pytest

import fsstats as fs

READERS = {
    "table": (fs.read_table, ".parquet"),
    "table in csv": (fs.read_table, ".csv"),
    "some of a table": (partial(fs.read_table, source="aseg"), ".parquet"),
    "cohort": (fs.read_cohort, ".tsv"),
    "ratings": (fs.read_ratings, ".tsv"),
    "model": (fs.read_model, ".json"),
    "qdec": (fs.read_qdec, ".dat"),
    "fsgd": (fs.read_fsgd, ".fsgd"),
    "group table": (fs.read_group_table, ".txt"),
    "stats": (fs.read_stats, ".stats"),
    "image": (fs.segstats, ".nii"),
}
each_reader = pytest.mark.parametrize(("read", "suffix"), READERS.values(), ids=READERS)


@pytest.fixture
def folder(tmp_path):
    """Give a folder with one file, called cohort, for each suffix."""
    made = tmp_path / "here"
    made.mkdir()
    for suffix in {suffix for _, suffix in READERS.values()}:
        (made / f"cohort{suffix}").write_text("x")
    return made


@pytest.fixture
def web(folder):
    """Serve the folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder)))
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def nearest(read, address, suffix):
    """Ask for a file with a slip in its name."""
    asked = f"{address}/cohrt{suffix}"
    with pytest.raises(fs.NothingFoundError) as raised:
        read(asked)
    text = str(raised.value)
    where = asked if "://" in asked else os.path.abspath(asked)  # noqa: PTH100 - as a user's shell writes it
    assert text.startswith(f"no such file: {where}; did you mean ")
    assert re.search(rf"\bcohort{re.escape(suffix)}\b", text)


@each_reader
def test_on_a_disk(read, suffix, folder):
    nearest(read, folder, suffix)


@each_reader
def test_on_a_web_server(read, suffix, web):
    nearest(read, web, suffix)


@each_reader
def test_in_memory(read, suffix, folder):
    memory = fsspec.filesystem("memory")
    memory.put(f"{folder}/", "/given/", recursive=True)
    try:
        nearest(read, "memory://given", suffix)
    finally:
        memory.rm("/given", recursive=True)


@each_reader
def test_in_a_bucket(read, suffix, folder, s3):
    s3.mkdir("given")
    try:
        s3.put(f"{folder}/", "given/", recursive=True)
        nearest(read, "s3://given", suffix)
    finally:
        s3.rm("given", recursive=True)


@each_reader
def test_a_relative_path_is_said_in_full(read, suffix, folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    with pytest.raises(
        fs.NothingFoundError, match=re.escape(f"no such file: {folder / 'cohrt'}{suffix}; did you mean")
    ):
        read(f"here/cohrt{suffix}")


@each_reader
def test_the_home_folder_may_be_written_with_its_sign(read, suffix, folder, monkeypatch):
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(folder))
    with pytest.raises(
        fs.NothingFoundError, match=re.escape(f"no such file: {folder / 'cohrt'}{suffix}; did you mean")
    ):
        read(f"~/cohrt{suffix}")


@each_reader
def test_a_folder_is_no_file(read, suffix, tmp_path):
    if suffix in {".parquet", ".csv", ".tsv"}:
        place, expected = tmp_path, "expected a table .*found a folder without any"
    else:
        place, expected = tmp_path / f"a{suffix}", "expected a file, found a folder"
    place.mkdir(exist_ok=True)
    with pytest.raises(fs.FsstatsError, match=f"^{re.escape(str(place))}: {expected}"):
        read(place)


def test_of_an_image_in_two_files_the_one_that_is_not_there_is_named(tmp_path):
    (tmp_path / "a.hdr").write_bytes(b"x" * 348)
    with pytest.raises(
        fs.NothingFoundError, match=re.escape(f"no such file: {tmp_path / 'a.img'}; its folder has a.hdr")
    ):
        fs.segstats(tmp_path / "a.hdr")


ADVICE = {
    "nothing near": ("here/zebra.csv", ["a.csv", "b.csv"], "; its folder has a.csv, b.csv"),
    "many": ("here/zebra.csv", [f"{k}.tsv" for k in range(9)], "0.tsv, 1.tsv, 2.tsv, 3.tsv, 4.tsv, 5.tsv, 6.tsv, 7.tsv and 1 more"),
    "only what is hidden": ("here/zebra.csv", [".zebra.csv", "_zebra.csv"], "; its folder is empty"),
    "no folder": ("there/zebra.csv", ["zebra.csv"], "; there is no folder {there} either"),
    "a file in place of the folder": ("here/a.csv/zebra.csv", ["a.csv"], "; there is no folder {file} either"),
}  # fmt: skip


@pytest.mark.parametrize(("asked", "names", "advice"), ADVICE.values(), ids=ADVICE)
def test_what_its_folder_has_is_said(asked, names, advice, tmp_path):
    (tmp_path / "here").mkdir()
    for name in names:
        Path(tmp_path, "here", name).write_text("x")
    with pytest.raises(fs.NothingFoundError) as raised:
        fs.read_table(tmp_path / asked)
    assert str(raised.value).startswith(f"no such file: {tmp_path / asked}; ")
    assert str(raised.value).endswith(advice.format(there=tmp_path / "there", file=tmp_path / "here" / "a.csv"))
