"""The same tree in every kind of place, and servers to read it from."""

import re
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import fsspec
import pytest

from places_support import TREE, make_tar, make_zip


class Quiet(SimpleHTTPRequestHandler):
    """Python's own server of files: no parts of files, an index page of each folder."""

    def log_message(self, *_):
        pass


class Parts(Quiet):
    """The same with parts of files (Range), as real servers have; it counts the bytes it sends."""

    sent: ClassVar[dict[str, int]] = {}

    def do_GET(self):
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        path = Path(self.translate_path(self.path))
        if asked is None or not path.is_file():
            super().do_GET()
            return
        size = path.stat().st_size
        start, end = int(asked[1]), min(int(asked[2]) + 1, size)
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
        self.send_header("Content-Length", str(end - start))
        self.end_headers()
        with path.open("rb") as file:
            file.seek(start)
            self.wfile.write(file.read(end - start))
        self.sent[path.name] = self.sent.get(path.name, 0) + end - start


class Server(ThreadingHTTPServer):
    request_queue_size = 64


def serve(handler, folder):
    server = Server(("127.0.0.1", 0), partial(handler, directory=str(folder)) if folder else handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """A folder with the tree, as a folder and in archives of every kind."""
    root = tmp_path_factory.mktemp("shared")
    for name, content in TREE.items():
        path = root / "study" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (root / "study.zip").write_bytes(make_zip(TREE))
    for suffix, mode in {"tar": "", "tar.gz": "gz", "tar.bz2": "bz2", "tar.xz": "xz"}.items():
        (root / f"study.{suffix}").write_bytes(make_tar(TREE, mode))
    return root


@pytest.fixture(scope="session")
def plain_web(shared):
    yield from serve(Quiet, shared)


@pytest.fixture(scope="session")
def parts_web(shared):
    yield from serve(Parts, shared)


@pytest.fixture(scope="session")
def bucket(s3, shared):
    """A bucket with the tree and its archives."""
    s3.mkdir("bucket")
    for path in shared.rglob("*"):
        if path.is_file():
            s3.pipe_file(f"bucket/{path.relative_to(shared).as_posix()}", path.read_bytes())
    return "s3://bucket"


@pytest.fixture(scope="session")
def memory(shared):
    """The tree and its archives in fsspec's file system in memory."""
    fs = fsspec.filesystem("memory")
    for path in shared.rglob("*"):
        if path.is_file():
            fs.pipe_file(f"/shared/{path.relative_to(shared).as_posix()}", path.read_bytes())
    yield "memory://shared"
    fs.rm("/shared", recursive=True)


@pytest.fixture(scope="session")
def serving():
    """The server of `parts_web`, which counts what it sends."""
    return Parts


@pytest.fixture(scope="session")
def serve_with(tmp_path_factory):
    """Serve a handler of one's own."""
    return lambda handler: serve(handler, None)
