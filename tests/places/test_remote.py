"""Servers: what they give is read in parts where they can, and what goes wrong names the address."""

import builtins
import re
import socket
import zipfile
from http.server import BaseHTTPRequestHandler

import fsspec
import pytest
from fsspec.registry import register_implementation
from fsspec.spec import AbstractFileSystem

from fsstats.errors import PlaceError
from fsstats.places import faults, place, read_bytes, remote, zips
from places_support import TREE, files_of, make_tar, make_zip


def test_of_a_zip_on_a_server_only_parts_are_fetched(shared, parts_web, serving):
    tree = {"big.mgz": bytes(3_000_000), "a/stats/aseg.stats": b"one"}
    (shared / "parts.zip").write_bytes(make_zip(tree, zipfile.ZIP_STORED))
    assert read_bytes(f"zip://a/stats/aseg.stats::{parts_web}/parts.zip") == b"one"
    assert serving.sent["parts.zip"] < 150_000


def test_of_a_plain_tar_on_a_server_only_parts_are_fetched(shared, parts_web, serving):
    tree = {"big.mgz": bytes(3_000_000), "a/stats/aseg.stats": b"one"}
    (shared / "parts.tar").write_bytes(make_tar(tree))
    assert read_bytes(f"tar://a/stats/aseg.stats::{parts_web}/parts.tar") == b"one"
    assert serving.sent["parts.tar"] < 300_000


def test_a_zip_of_a_server_that_gives_no_parts_is_held_only_if_it_is_small(shared, plain_web, monkeypatch):
    (shared / "whole.zip").write_bytes(make_zip(TREE))
    assert read_bytes(f"zip://case.txt::{plain_web}/whole.zip") == b"lower"
    (shared / "large.zip").write_bytes(make_zip(TREE))
    monkeypatch.setattr(zips, "MAX_HELD", 100)
    with pytest.raises(PlaceError, match=r"large\.zip: expected at most 100 bytes.*download it first"):
        read_bytes(f"zip://case.txt::{plain_web}/large.zip")


@pytest.mark.parametrize("home", ["plain_web", "parts_web", "bucket", "memory"])
def test_a_damaged_archive_on_a_server_is_named(request, shared, home):
    base = request.getfixturevalue(home)
    if home in {"memory", "bucket"}:
        fsspec.filesystem("s3" if home == "bucket" else "memory").pipe_file(f"{base}/cut.zip", make_zip(TREE)[:-30])
    (shared / "cut.zip").write_bytes(make_zip(TREE)[:-30])
    assert place(f"{base}/cut.zip").is_dir()
    with pytest.raises(PlaceError, match=rf"^{base}/cut\.zip: expected a zip archive's directory"):
        list(place(f"{base}/cut.zip").iterdir())
    assert len(faults(place(f"{base}/cut.zip"))) == 1


def test_an_archive_that_changes_on_a_server_is_looked_into_again(monkeypatch):
    fs = fsspec.filesystem("memory")
    monkeypatch.setattr(remote, "monotonic", lambda: fs.size("/changing.zip"))
    fs.pipe_file("/changing.zip", make_zip({"a": b"1"}))
    assert files_of(place("memory://changing.zip")) == {"a": b"1"}
    fs.pipe_file("/changing.zip", make_zip({"a": b"2", "b": b"3"}))
    assert files_of(place("memory://changing.zip")) == {"a": b"2", "b": b"3"}
    fs.rm("/changing.zip")


def test_a_place_that_is_made_anew_is_listed_anew(bucket):
    fs = fsspec.filesystem("s3")
    root = place(f"{bucket}/growing")
    fs.pipe_file("bucket/growing/a", b"1")
    assert files_of(root) == {"a": b"1"}
    other = fsspec.filesystem("s3", use_listings_cache=False)  # kept by fsspec: one that is collected warns
    assert other is not fs
    other.pipe_file("bucket/growing/b", b"2")
    assert files_of(place(f"{bucket}/growing")) == {"a": b"1", "b": b"2"}


def test_a_folder_is_listed_once(monkeypatch, memory):
    seen = []
    real = remote._listing
    monkeypatch.setattr(remote, "_listing", lambda fs, path: seen.append(path) or real(fs, path))
    root = place(f"{memory}/study")
    assert files_of(root) == files_of(root) == TREE
    assert len(seen) == len(set(seen))


def test_the_root_of_a_server_is_its_own_parent(memory, plain_web):
    assert place("memory://shared").parent == place("memory://")
    assert place("memory://").parent == place("memory://")
    assert place(plain_web).parent == place(plain_web)
    assert "shared" in {one.name for one in place("memory://").iterdir()}
    assert "study.zip" in {one.name for one in place(f"{plain_web}/").iterdir()}


SPELLINGS = {
    "a slash at the end": ("https://example.org/a/", "https://example.org/a"),
    "blanks": ("https://example.org/a b", "https://example.org/a%20b"),
    "letters": ("https://example.org/größe", "https://example.org/gr%C3%B6%C3%9Fe"),
    "the protocol's case": ("HTTPS://example.org/a", "https://example.org/a"),
    "a bucket": ("s3://bucket/a b#c/", "s3://bucket/a b#c"),
}


@pytest.mark.parametrize(("one", "other"), SPELLINGS.values(), ids=SPELLINGS)
def test_spellings_of_one_address_are_equal(one, other):
    assert place(one) == place(other)
    assert str(place(one)) == other


def test_a_signed_address_is_an_archive_by_its_path():
    root = place("https://example.org/study/sub%2001.zip?signature=a/b.c")
    assert (root.name, str(root.parent)) == ("sub 01", "https://example.org/study")
    assert str(root / "stats") == "zip://stats::https://example.org/study/sub%2001.zip?signature=a/b.c"


ADDRESSES = {
    "a protocol that nobody knows": ("nosuch://host/a", "expected an answer, found ValueError: Protocol not known"),
    "no archive behind it": ("zip://stats/aseg.stats", "expected zip://member::archive"),
    "an archive of a protocol that nobody knows": ("zip://a::nosuch://host/a.zip", "Protocol not known"),
}


@pytest.mark.parametrize(("address", "why"), ADDRESSES.values(), ids=ADDRESSES)
def test_an_address_that_cannot_be_is_an_error(address, why):
    with pytest.raises(PlaceError, match=rf"^{address.rpartition('::')[2]}: .*{why}"):
        read_bytes(address)


def test_a_package_that_is_not_installed_is_named_with_the_extra(monkeypatch):
    def without(name, *rest, **options):
        if name.split(".")[0] == "gcsfs":
            raise ImportError("No module named 'gcsfs'")
        return real(name, *rest, **options)

    real = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(PlaceError, match=r'^gs://bucket/a: .*pip install "fsstats\[remote\]"'):
        place("gs://bucket/a")


def test_a_server_that_is_not_there_is_named():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    root = place(f"{address}/study")
    for ask in (root.exists, root.is_dir, root.read_bytes, lambda: list(root.iterdir())):
        with pytest.raises(PlaceError, match=rf"^{address}/study: expected an answer, found .*Connect"):
            ask()
    archive = place(f"{address}/study.zip")
    for ask in (archive.is_dir, (archive / "a").read_bytes, lambda: list(archive.iterdir())):
        with pytest.raises(PlaceError, match=rf"^{address}/study\.zip: expected an answer"):
            ask()
    assert len(faults(archive)) == 1


class Odd(BaseHTTPRequestHandler):
    """A server that does all kinds of things."""

    protocol_version = "HTTP/1.1"
    PAGE = (
        b"<html><body><a href='../'>up</a><a href='?C=N;O=D'>sort</a><a href='/odd/a.stats'>a</a><a name=x>y</a>"
        b"<a href='b/'>b</a><a href='http://example.org/odd/c'>c</a><a href='b/d.stats'>d</a><a href='e%2Ff'>e</a>"
        b"<a href='x.zip#top'>x</a><a href>none</a></body></html>"
    )

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", kind="text/plain", length=None):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def do_GET(self):
        what = self.path.strip("/").partition("/")[0]
        if what == "odd":
            self.answer(200, self.PAGE, "text/html; charset=utf-8")
        elif what == "closed":
            self.answer(403)
        elif what == "broken":
            self.answer(500)
        elif what == "short":
            self.answer(200, b"one", length=1000)
            self.close_connection = True
        elif what == "endless":
            self.send_response(200)
            self.end_headers()
            self.close_connection = True
            if self.command == "GET":
                for _ in range(1000):
                    self.wfile.write(bytes(1000))
        elif what == "unlisted":
            inside = self.path.rstrip("/") != "/unlisted"
            self.answer(200 if inside and self.path.endswith("aseg.stats") else 403, b"one")
        else:
            self.answer(404)

    do_HEAD = do_GET  # noqa: N815 - the server's way of naming


@pytest.fixture(scope="module")
def odd_web(tmp_path_factory, serve_with):
    yield from serve_with(Odd)


def test_of_a_page_only_links_to_what_lies_in_the_folder_are_taken(odd_web):
    found = {one.name: one for one in place(f"{odd_web}/odd").iterdir()}
    assert found.keys() == {"a.stats", "b", "x.zip"}
    assert [one.is_dir() for one in found.values()] == [False, True, False]


@pytest.mark.parametrize(("path", "status"), [("closed", 403), ("broken", 500)])
def test_what_a_server_refuses_is_an_error_that_names_it(odd_web, path, status):
    root = place(f"{odd_web}/{path}")
    for ask in (root.exists, root.read_bytes, lambda: list(root.iterdir())):
        with pytest.raises(PlaceError, match=rf"^{root}: .*{status}.*allowed to do this"):
            ask()


def test_a_file_whose_end_does_not_come_is_an_error(odd_web):
    with pytest.raises(PlaceError, match=rf"^{odd_web}/short: expected an answer"):
        read_bytes(f"{odd_web}/short")


def test_a_file_without_end_is_read_no_further_than_the_limit(odd_web):
    with pytest.raises(PlaceError, match="expected at most 1,000 bytes, found more"):
        read_bytes(f"{odd_web}/endless", limit=1000)


def test_a_file_in_a_folder_that_is_not_listed_is_found(odd_web):
    root = place(f"{odd_web}/unlisted")
    assert (root / "aseg.stats").is_file()
    assert (root / "aseg.stats").read_bytes() == b"one"
    with pytest.raises(PlaceError, match="403"):
        (root / "other").exists()


def test_a_page_is_no_folder_if_it_is_called_like_a_page(shared, plain_web):
    (shared / "report.html").write_text("<html><a href='x'>x</a></html>")
    assert place(f"{plain_web}/report.html").is_file()


class Failing(AbstractFileSystem):
    """A file system that fails as servers do."""

    protocol = "failing"
    error: Exception = OSError()

    def info(self, *_, **__):
        raise self.error

    ls = cat_file = info


ERRORS = {
    "closed": (PermissionError("Access Denied"), "found PermissionError: Access Denied"),
    "no credentials": (
        RuntimeError("Unable to locate credentials"),
        "found RuntimeError: Unable to locate credentials",
    ),
    "too slow": (TimeoutError(), "found TimeoutError. Is the address right"),
}


@pytest.mark.parametrize(("error", "why"), ERRORS.values(), ids=ERRORS)
def test_whatever_a_file_system_raises_names_the_address(monkeypatch, error, why):
    register_implementation("failing", Failing, clobber=True)
    monkeypatch.setattr(Failing, "error", error)
    root = place("failing://host/a")
    for ask in (root.exists, root.read_bytes, lambda: list(root.iterdir()), place("failing://host/x.zip").exists):
        with pytest.raises(PlaceError, match=rf"^failing://host/.*: expected an answer, {re.escape(why)}"):
            ask()
