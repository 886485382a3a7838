"""The same tree in every kind of place, and servers to read it from."""

import re
import subprocess
import sys
import threading
import time
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
def bucket(shared):
    """A bucket of a real S3 server on this machine (moto), with the tree and its archives."""
    log = shared.parent / "moto.log"
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    before = dict(fsspec.config.conf)
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as server:
        try:
            fsspec.config.conf["s3"] = {"endpoint_url": _address_in(log, server), "key": "made-up", "secret": "made-up"}
            fs = fsspec.filesystem("s3")
            fs.mkdir("bucket")
            for path in shared.rglob("*"):
                if path.is_file():
                    fs.pipe_file(f"bucket/{path.relative_to(shared).as_posix()}", path.read_bytes())
            yield "s3://bucket"
        finally:
            fsspec.config.conf.clear()
            fsspec.config.conf.update(before)
            server.terminate()


def _address_in(log, server):
    """Wait until the server says where it listens."""
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        found = re.search(r"http://127\.0\.0\.1:\d+", log.read_text())
        if found:
            return found[0]
        time.sleep(0.1)
    pytest.fail(f"the S3 server did not start: {log.read_text()}")


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
